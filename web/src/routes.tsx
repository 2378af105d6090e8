import { clientList as listOfClients } from '@ledgersync/shared/client-list'
import { clients } from '@ledgersync/shared/clients'
import { dashboard } from '@ledgersync/shared/dashboard'
import { templates } from '@ledgersync/shared/templates'
import { funnel } from '@ledgersync/shared/funnel'
import { uploads } from '@ledgersync/shared/uploads'
import { createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import { ApiError, whenSignedOut } from './api.ts'
import { type ListSearch, parseListSearch } from './features/clients/list-address.ts'
import { ClientListPage } from './features/clients/list-page.tsx'
import { listPages } from './features/clients/use-client-list.ts'
import { type ConnectionAddress, connectionCounts, connectionNames, connectionPages } from './features/connections/list-queries.ts'
import { type FigureAddress, figureNames, figureQuery, periodQuery, requestNames } from './features/funnel/address.ts'
import { type ChoiceAddress, choiceNames, choiceQuery } from './features/groups/client-choice.tsx'
import { type OutreachAddress, parseOutreach } from './features/outreach/draft.ts'
import { filterNames } from './features/transactions/filter-address.ts'
import { type Address, addressOf } from './address.ts'
import { outsideRoutes, root } from './outside-routes.ts'
import { paths } from './paths.ts'
import { query, queryClient } from './query.ts'
import { loadMe } from './session.ts'
import { Shell } from './shell/shell.tsx'
import { RouteError, RouteMissing, RoutePending } from './shell/route-states.tsx'

/** The signed-in part. Its search is shared by all pages below: `add=client` opens the Add Client drawer. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Shell,
  validateSearch: (search): { add?: 'client' | undefined } => (search.add === 'client' ? { add: 'client' } : {}),
  beforeLoad: async ({ location }) => {
    try {
      await loadMe()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw redirect({ to: paths.signIn, search: { to: location.href } })
      throw error
    }
  },
})

const home = createRoute({
  getParentRoute: () => app,
  path: paths.dashboard,
  component: lazyRouteComponent(() => import('./features/dashboard/dashboard-page.tsx'), 'DashboardPage'),
  validateSearch: (search): ChoiceAddress => addressOf(choiceNames, search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => {
    void queryClient.prefetchQuery(query(dashboard.get, { query: choiceQuery(deps) }))
    void queryClient.prefetchQuery(query(funnel.get, { query: periodQuery(deps) }))
  },
})
const clientList = createRoute({
  getParentRoute: () => app,
  path: paths.clients,
  component: ClientListPage,
  validateSearch: (search): ListSearch => parseListSearch(search),
  loaderDeps: ({ search: { books: _books, ...address } }) => address,
  loader: ({ deps }) => {
    void queryClient.prefetchInfiniteQuery(listPages(deps))
    void queryClient.prefetchQuery(query(clients.counts))
    void queryClient.prefetchQuery(query(listOfClients.settings))
  },
})
const groupList = createRoute({
  getParentRoute: () => app,
  path: paths.groups,
  validateSearch: textSearch('group'),
  component: lazyRouteComponent(() => import('./features/groups/groups-page.tsx'), 'GroupsPage'),
})
const uploadList = createRoute({
  getParentRoute: () => app,
  path: paths.uploads,
  component: lazyRouteComponent(() => import('./features/upload/uploads-page.tsx'), 'UploadsPage'),
  loader: () => void queryClient.prefetchQuery(query(uploads.list)),
})
const uploadPage = createRoute({
  getParentRoute: () => app,
  path: paths.upload,
  validateSearch: textSearch('only', 'step'),
  component: lazyRouteComponent(() => import('./features/upload/upload-page.tsx'), 'UploadPage'),
  loader: async ({ params }) => {
    await queryClient.ensureQueryData(query(uploads.get, { params }))
  },
})
const communication = createRoute({
  getParentRoute: () => app,
  path: paths.communication,
  beforeLoad: () => {
    throw redirect({ to: paths.templates, replace: true })
  },
})
const templateList = createRoute({
  getParentRoute: () => app,
  path: paths.templates,
  validateSearch: textSearch('language', 'archived'),
  component: lazyRouteComponent(() => import('./features/templates/templates-page.tsx'), 'TemplatesPage'),
  loader: () => void queryClient.prefetchQuery(query(templates.list)),
})
const templatePage = createRoute({
  getParentRoute: () => app,
  path: paths.template,
  validateSearch: textSearch('from'),
  component: lazyRouteComponent(() => import('./features/templates/template-page.tsx'), 'TemplatePage'),
  loader: () => void queryClient.prefetchQuery(query(templates.list)),
})
const outreachPage = createRoute({
  getParentRoute: () => app,
  path: paths.outreach,
  validateSearch: (search): OutreachAddress => parseOutreach(search),
  component: lazyRouteComponent(() => import('./features/outreach/outreach-page.tsx'), 'OutreachPage'),
})
const connectionList = createRoute({
  getParentRoute: () => app,
  path: paths.connections,
  component: lazyRouteComponent(() => import('./features/connections/connections-page.tsx'), 'ConnectionsPage'),
  validateSearch: (search): ConnectionAddress => addressOf(connectionNames, search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => {
    void queryClient.prefetchInfiniteQuery(connectionPages(deps))
    void queryClient.prefetchQuery(connectionCounts(deps))
  },
})
const inviteFigures = createRoute({
  getParentRoute: () => app,
  path: paths.invites,
  component: lazyRouteComponent(() => import('./features/funnel/invites-page.tsx'), 'InvitesPage'),
  validateSearch: (search): FigureAddress => addressOf(figureNames, search),
  loaderDeps: ({ search }) => search,
  loader: ({ deps }) => void queryClient.prefetchQuery(query(funnel.get, { query: figureQuery(deps) })),
})
const inviteRequests = createRoute({
  getParentRoute: () => app,
  path: paths.inviteRequests,
  component: lazyRouteComponent(() => import('./features/funnel/requests-page.tsx'), 'RequestsPage'),
  validateSearch: textSearch(...requestNames),
})
const account = createRoute({
  getParentRoute: () => app,
  path: paths.account,
  component: lazyRouteComponent(() => import('./features/account/account-page.tsx'), 'AccountPage'),
})

const team = createRoute({
  getParentRoute: () => app,
  path: paths.team,
  validateSearch: textSearch('view', 'person'),
  component: lazyRouteComponent(() => import('./features/team/team-page.tsx'), 'TeamPage'),
})

/** For administrators; to everybody else there is nothing at these addresses. */
async function onlyAdministrators(): Promise<void> {
  if ((await loadMe()).staff.role !== 'administrator') throw notFound()
}
const auditLog = createRoute({
  getParentRoute: () => app,
  path: paths.auditLog,
  validateSearch: textSearch('who', 'client', 'kind', 'from', 'to'),
  beforeLoad: onlyAdministrators,
  component: lazyRouteComponent(() => import('./features/audit/audit-page.tsx'), 'AuditPage'),
})
const settings = createRoute({
  getParentRoute: () => app,
  path: paths.settings,
  beforeLoad: onlyAdministrators,
  component: lazyRouteComponent(() => import('./features/firm/settings-page.tsx'), 'FirmSettingsPage'),
})

/** For operators of the installation; to everybody else there is nothing at this address. */
const operations = createRoute({
  getParentRoute: () => app,
  path: paths.ops,
  validateSearch: textSearch('task'),
  beforeLoad: async () => {
    if (!(await loadMe()).operator) throw notFound()
  },
  component: lazyRouteComponent(() => import('./features/ops/ops-page.tsx'), 'OpsPage'),
})

/** A client's page: header and tabs around the parts below. */
const client = createRoute({
  getParentRoute: () => app,
  path: paths.client,
  component: lazyRouteComponent(() => import('./features/clients/client-layout.tsx'), 'ClientLayout'),
  loader: async ({ params }) => {
    await queryClient.ensureQueryData(query(clients.get, { params }))
  },
})
const clientSummary = createRoute({
  getParentRoute: () => client,
  path: '/',
  component: lazyRouteComponent(() => import('./features/clients/summary-page.tsx'), 'SummaryPage'),
})
const clientMessages = createRoute({
  getParentRoute: () => client,
  path: 'messages',
  component: lazyRouteComponent(() => import('./features/messages/messages-page.tsx'), 'MessagesPage'),
})
const clientSettings = createRoute({
  getParentRoute: () => client,
  path: 'settings',
  validateSearch: textSearch('field'),
  component: lazyRouteComponent(() => import('./features/clients/settings-page.tsx'), 'SettingsPage'),
})
const clientTransactions = createRoute({
  getParentRoute: () => client,
  path: 'transactions',
  validateSearch: textSearch('account', 'from', 'to', 'search', 'stage'),
  component: lazyRouteComponent(() => import('./features/transactions/transactions-page.tsx'), 'TransactionsPage'),
})
const clientStatements = createRoute({
  getParentRoute: () => client,
  path: 'statements',
  component: lazyRouteComponent(() => import('./features/statements/statements-page.tsx'), 'StatementsPage'),
})
const clientRules = createRoute({
  getParentRoute: () => client,
  path: 'rules',
  validateSearch: textSearch('rule', 'words', 'search'),
  component: lazyRouteComponent(() => import('./features/rules/rules-page.tsx'), 'RulesPage'),
})
const clientMapping = createRoute({
  getParentRoute: () => client,
  path: 'mapping',
  validateSearch: textSearch('books'),
  component: lazyRouteComponent(() => import('./features/books/mapping-page.tsx'), 'MappingPage'),
})
const review = createRoute({
  getParentRoute: () => app,
  path: paths.review,
  validateSearch: textSearch(...filterNames, 'view'),
  component: lazyRouteComponent(() => import('./features/review/review-page.tsx'), 'ReviewPage'),
})
const rulesEngine = createRoute({
  getParentRoute: () => app,
  path: paths.rules,
  validateSearch: textSearch('search'),
  component: lazyRouteComponent(() => import('./features/rules/rules-engine-page.tsx'), 'RulesEnginePage'),
})
const syncStatus = createRoute({
  getParentRoute: () => app,
  path: paths.syncStatus,
  validateSearch: textSearch('view', ...choiceNames),
  component: lazyRouteComponent(() => import('./features/pushes/sync-status-page.tsx'), 'SyncStatusPage'),
})

/** Keeps these members of a route's query when they are text. */
function textSearch<K extends string>(...names: K[]): (search: Record<string, unknown>) => Address<K> {
  return (search) => addressOf(names, search)
}

const routeTree = root.addChildren([
  ...outsideRoutes,
  app.addChildren([
    home,
    clientList,
    groupList,
    uploadList,
    uploadPage,
    communication,
    templateList,
    templatePage,
    outreachPage,
    connectionList,
    inviteFigures,
    inviteRequests,
    team,
    auditLog,
    settings,
    account,
    operations,
    review,
    rulesEngine,
    syncStatus,
    client.addChildren([clientSummary, clientTransactions, clientStatements, clientRules, clientMapping, clientMessages, clientSettings]),
  ]),
])

export const router = createRouter({
  routeTree,
  defaultErrorComponent: RouteError,
  defaultPendingComponent: RoutePending,
  defaultNotFoundComponent: RouteMissing,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

whenSignedOut(() => {
  // The first visit is redirected by the layout itself; this is for a session that ends while a page is open
  if (!router.state.matches.some((match) => match.routeId === '/app' && match.status === 'success')) return
  queryClient.clear()
  void router.navigate({ to: paths.signIn, search: { to: router.state.location.href } })
})

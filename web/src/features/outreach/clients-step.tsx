import type { ClientColumn } from '@ledgersync/shared/client-list'
import { clients, type ClientRow } from '@ledgersync/shared/clients'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { ListPane } from '../../ui/list-pane.tsx'
import { PageTabs } from '../../ui/page.tsx'
import { EmptyState, ErrorState } from '../../ui/states.tsx'
import { filterOf, type ListSearch, parseListSearch, views } from '../clients/list-address.ts'
import { clientCard, columnsOf } from '../clients/list-cells.tsx'
import { ListFilters } from '../clients/list-filters.tsx'
import { NoMatch, viewWords } from '../clients/list-page.tsx'
import { useClientList } from '../clients/use-client-list.ts'
import { type Chosen, ticksOf, useSelection, useSelectionKeys } from '../clients/use-selection.ts'
import { type Draft, draftOfSelection } from './draft.ts'
import { StepFrame } from './step-frame.tsx'
import type { Wizard } from './use-wizard.ts'
import { counted } from './words.ts'
import styles from './outreach.module.css'

const shown: ClientColumn[] = ['contact', 'health', 'invite', 'group']

/** Step 1: whom it is about. The list of clients with all its filters; all that match, or some by name. */
export function ClientsStep({ wizard: { draft, go, noteTicks } }: { wizard: Wizard }) {
  const { step: _step, run: _run, ...address } = useSearch({ from: '/app/communication/outreach' })
  const { view = 'all', sort = 'name', search } = address
  const navigate = useNavigate()
  const { list, rows, filter, narrowed, countOf, total } = useClientList(address)
  const selection = useSelection(JSON.stringify(filter), total ?? rows?.length ?? 0, initialOf(draft, address))
  useSelectionKeys(selection)
  const { count } = selection
  useEffect(() => {
    noteTicks(count > 0)
  })
  const change = (changes: ListSearch, typing = false) =>
    void navigate({ to: paths.outreach, search: parseListSearch({ ...address, ...changes }), state: true, replace: typing })
  const next = () => {
    const { picked, address: from } = draftOfSelection(selection, filter)
    go('banks', { picked, count, address: from, insteadIds: [] })
  }
  return (
    <StepFrame
      heading="Who is it about?"
      detail="Choose clients one by one, or all that match. Who has nothing to do is left out later, with the reason."
      note={count > 0 && `${counted(count, 'client')} chosen`}
      actions={
        <ActionButton variant="filled" unavailable={count === 0 ? 'Choose a client first.' : null} onClick={next}>
          Next: banks
        </ActionButton>
      }
    >
      <div className={styles.tabs}>
        <PageTabs
          label="Views"
          tabs={views.map((one) => ({
            label: viewWords[one].label,
            count: countOf[one],
            current: one === view,
            to: paths.outreach,
            search: parseListSearch({ ...address, view: one }),
            state: true,
          }))}
        />
      </div>
      <ListPane filters={<ListFilters address={address} onChange={change} />}>
        <DataTable
          label="Clients"
          columns={withPlainNames(columnsOf(shown, sort, (next_) => change({ sort: next_ })))}
          rows={rows}
          rowKey={(row) => row.id}
          card={plainCard}
          minWidth={860}
          selection={ticksOf(selection)}
          error={
            list.isError &&
            !list.data && <ErrorState error={list.error} title="We could not load clients" onRetry={() => void list.refetch()} />
          }
          empty={
            narrowed ? (
              <NoMatch
                view={view}
                search={search}
                onClear={() => void navigate({ to: paths.outreach, search: parseListSearch({ view }), state: true })}
              />
            ) : (
              <NoClients title={viewWords[view].nothing} why={viewWords[view].why} />
            )
          }
          more={{ hasMore: list.hasNextPage, loading: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        />
      </ListPane>
    </StepFrame>
  )
}

/** What was chosen from this list before. */
function initialOf({ picked, address: from }: Draft, address: ListSearch): Chosen | undefined {
  if (picked === null || JSON.stringify(filterOf(from)) !== JSON.stringify(filterOf(address))) return undefined
  return 'clientIds' in picked ? { all: false, ids: new Set(picked.clientIds) } : { all: true, except: new Set(picked.exceptIds) }
}

/** A link would lead out of the wizard. */
const withPlainNames = (columns: ReturnType<typeof columnsOf>): ReturnType<typeof columnsOf> =>
  columns.map((column) => (column.id === 'client' ? { ...column, cell: (row) => <Name row={row} /> } : column))

function plainCard(row: ClientRow): CardParts {
  const { actions: _actions, title: _title, ...rest } = clientCard(row)
  return { ...rest, title: <Name row={row} /> }
}

function Name({ row: { businessName, locked } }: { row: ClientRow }) {
  return (
    <span className={styles.name}>
      <strong title={businessName}>{businessName}</strong>
      {locked && <Badge tone="warn">Locked</Badge>}
    </span>
  )
}

function NoClients({ title, why }: { title: string; why: string }) {
  const hasNone = useQuery(query(clients.counts)).data?.all === 0
  return (
    <EmptyState title={hasNone ? 'No clients yet' : title}>
      {hasNone ? 'Add a client first. Then you can ask them for their banks.' : why}
    </EmptyState>
  )
}

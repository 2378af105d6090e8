import { Button } from '@mantine/core'
import type { Language } from '@ledgersync/shared/common'
import { firms } from '@ledgersync/shared/firms'
import { templates } from '@ledgersync/shared/templates'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Archive, MessageSquarePlus, Send } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { Page } from '../../ui/page.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { newKey } from './addresses.ts'
import { CommunicationTabs } from './communication-tabs.tsx'
import type { TemplateList } from './in-use.ts'
import { RowActions } from './row-actions.tsx'
import { rowsOf, type TemplateRow } from './rows.ts'
import { useTemplateActions } from './use-template-actions.ts'
import { channelWords, kindNotes, kinds, kindWords, languageOptions, languageWords } from './words.ts'
import styles from './templates.module.css'

export const onlyAdministrators = 'Only an administrator can change templates.'

/** Clients → Communication Center → Templates: what messages to clients say, and which words are in use. */
export function TemplatesPage() {
  const [{ language, archived }, change] = useAddress(['language', 'archived'] as const)
  const found = useQuery(query(templates.list))
  const chosen = languageOptions.find(({ value }) => value === language)?.value
  const isArchive = archived === 'yes'
  return (
    <Page
      title="Communication Center"
      flush
      tabs={<CommunicationTabs />}
      actions={
        <>
          <Button leftSection={<Send size={16} aria-hidden />} renderRoot={(props) => <Link to={paths.outreach} {...props} />}>
            Reconnect and add banks
          </Button>
          <NewTemplate />
        </>
      }
      filters={
        <>
          <FilterMenu label="Language" options={languageOptions} value={chosen} onChange={(value) => change({ language: value })} />
          <Button
            size="sm"
            aria-pressed={isArchive}
            leftSection={<Archive size={14} aria-hidden />}
            {...(isArchive && { variant: 'light' })}
            onClick={() => change({ archived: isArchive ? undefined : 'yes' })}
          >
            Archived
          </Button>
        </>
      }
    >
      {found.isError && !found.data && (
        <div className={styles.padded}>
          <ErrorState error={found.error} title="We could not load the templates" onRetry={() => void found.refetch()} />
        </div>
      )}
      {found.isPending && <SkeletonRows rows={12} />}
      {found.data && <Lists list={found.data} language={chosen} isArchive={isArchive} onLeave={() => change({ archived: undefined })} />}
    </Page>
  )
}

function NewTemplate() {
  const isAdministrator = useMe().staff.role === 'administrator'
  const icon = <MessageSquarePlus size={16} aria-hidden />
  if (!isAdministrator)
    return (
      <ActionButton variant="filled" leftSection={icon} unavailable={onlyAdministrators}>
        New template
      </ActionButton>
    )
  return (
    <Button
      variant="filled"
      leftSection={icon}
      renderRoot={(props) => <Link to={paths.template} params={{ templateId: newKey }} {...props} />}
    >
      New template
    </Button>
  )
}

interface ListsProps {
  list: TemplateList
  language: Language | undefined
  isArchive: boolean
  onLeave: () => void
}

function Lists({ list, language, isArchive, onLeave }: ListsProps) {
  const actions = useTemplateActions()
  const { staff, firm } = useMe()
  const senderName = useQuery(query(firms.get)).data?.senderName ?? firm.name
  const sender = { staffName: staff.name, firmName: senderName }
  const parts = kinds
    .map((kind) => ({ kind, rows: rowsOf(list, { kind, archived: isArchive, ...(language !== undefined && { language }) }, sender) }))
    .filter(({ rows }) => rows.length > 0)
  if (parts.length === 0)
    return (
      <EmptyState icon={Archive} title="Nothing is archived" actions={<Button onClick={onLeave}>Show templates</Button>}>
        A template that you put away waits here and can be brought back.
      </EmptyState>
    )
  return parts.map(({ kind, rows }) => (
    <section key={kind} className={styles.kind} aria-labelledby={`templates-${kind}`}>
      <h2 id={`templates-${kind}`}>{kindWords[kind]}</h2>
      <p className={styles.quiet}>{kindNotes[kind]}</p>
      <DataTable
        label={kindWords[kind]}
        columns={columns}
        rows={rows}
        rowKey={({ key }) => key}
        card={(row) => cardOf(row, <RowActions row={row} items={list.items} actions={actions} />)}
        actions={(row) => <RowActions row={row} items={list.items} actions={actions} />}
        actionsWidth="132px"
        minWidth={820}
        empty={null}
      />
    </section>
  ))
}

const columns: Column<TemplateRow>[] = [
  { id: 'name', header: 'Template', width: '200px', cell: (row) => <NameLink row={row} /> },
  { id: 'channel', header: 'Channel', width: '112px', cell: ({ channel }) => channelWords[channel] },
  { id: 'language', header: 'Language', width: '88px', cell: ({ language }) => languageWords[language] },
  { id: 'text', header: 'Text', cell: ({ excerpt }) => <span className={styles.excerpt}>{excerpt}</span> },
  { id: 'inUse', header: 'State', width: '88px', cell: (row) => <InUse row={row} /> },
]

function cardOf(row: TemplateRow, actions: React.ReactNode): CardParts {
  return {
    title: <NameLink row={row} />,
    state: <InUse row={row} />,
    meta: `${channelWords[row.channel]} in ${languageWords[row.language]}`,
    actions,
  }
}

function NameLink({ row: { key, name } }: { row: TemplateRow }) {
  return (
    <Link to={paths.template} params={{ templateId: key }} title={name}>
      {name}
    </Link>
  )
}

function InUse({ row }: { row: TemplateRow }) {
  return row.inUse ? <Badge tone="ok">In use</Badge> : null
}

import { Button } from '@mantine/core'
import type { Output } from '@ledgersync/shared/endpoint'
import { shippedTemplate } from '@ledgersync/shared/template-defaults'
import { type Template, templates, type TemplateText } from '@ledgersync/shared/templates'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Copy, FileQuestion } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Page } from '../../ui/page.tsx'
import { EmptyState, ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { newKey, shippedByKey, shippedKey } from './addresses.ts'
import { CommunicationTabs } from './communication-tabs.tsx'
import { TemplateEditor } from './template-editor.tsx'
import { TemplatePreview } from './template-preview.tsx'
import { TestButton } from './test-button.tsx'
import { onlyAdministrators } from './templates-page.tsx'
import type { TemplateValues } from './template-values.ts'
import { currentOf, useTemplateActions } from './use-template-actions.ts'
import { kindWords, shippedName, wayWords } from './words.ts'
import styles from './templates.module.css'

type List = Output<typeof templates.list>

/** One template: its editor, or how it reads for who may not change it. */
export function TemplatePage() {
  const { templateId } = useParams({ from: '/app/communication/templates/$templateId' })
  const found = useQuery(query(templates.list))
  if (found.isError && !found.data)
    return (
      <Page title="Template">
        <ErrorState error={found.error} title="We could not load the template" onRetry={() => void found.refetch()} />
      </Page>
    )
  if (!found.data)
    return (
      <Page title="Template">
        <SkeletonRows rows={8} />
      </Page>
    )
  return <Loaded key={templateId} list={found.data} templateId={templateId} />
}

function Loaded({ list, templateId }: { list: List; templateId: string }) {
  const isAdministrator = useMe().staff.role === 'administrator'
  const own = list.items.find(({ id }) => id === templateId)
  const shipped = shippedByKey(templateId)
  if (templateId === newKey && isAdministrator) return <New list={list} />
  if (own !== undefined)
    return (
      <Page
        title={own.name}
        tabs={<CommunicationTabs />}
        aside={<Aside template={own} inUse={own.inUse} />}
        flush
        actions={<Use list={list} own={own} />}
      >
        {isAdministrator && own.archivedAt === null ? (
          <TemplateEditor template={own} start={valuesOf(own, own.name)} />
        ) : (
          <Reading
            template={own}
            reason={own.archivedAt === null ? onlyAdministrators : 'This template is archived. Bring it back to change it.'}
          />
        )}
      </Page>
    )
  if (shipped !== undefined)
    return (
      <Page
        title={shippedName}
        tabs={<CommunicationTabs />}
        aside={<Aside template={shipped} inUse={currentOf(list.items, shipped).id === null} />}
        flush
        actions={<Duplicate from={shippedKey(shipped)} />}
      >
        <Reading template={shipped} reason="This text comes with Ledgersync and stays as it is. Duplicate it to write your own." />
      </Page>
    )
  return (
    <Page title="Template">
      <EmptyState
        icon={FileQuestion}
        title="This template is not here"
        actions={<Button renderRoot={(props) => <Link to={paths.templates} {...props} />}>Show templates</Button>}
      >
        The address may be wrong, or the template is for administrators to make.
      </EmptyState>
    </Page>
  )
}

const valuesOf = ({ kind, channel, language, title, body }: TemplateText, name: string): TemplateValues => ({
  kind,
  channel,
  language,
  name,
  title: title ?? '',
  body,
})

function New({ list }: { list: List }) {
  const [{ from }] = useAddress(['from'] as const)
  const own = list.items.find(({ id }) => id === from)
  const source = own ?? shippedByKey(from) ?? shippedTemplate({ kind: 'invitation', channel: 'sms', language: 'en' })
  return (
    <Page title="New template" tabs={<CommunicationTabs />} flush>
      <TemplateEditor template={null} start={valuesOf(source, own === undefined ? '' : `Copy of ${own.name}`.slice(0, 60))} />
    </Page>
  )
}

function Aside({ template, inUse }: { template: TemplateText; inUse: boolean }) {
  return (
    <>
      <span>
        {kindWords[template.kind]}, {wayWords(template)}
      </span>
      {inUse && <Badge tone="ok">In use</Badge>}
    </>
  )
}

function Duplicate({ from }: { from: string }) {
  const isAdministrator = useMe().staff.role === 'administrator'
  const icon = <Copy size={16} aria-hidden />
  if (!isAdministrator)
    return (
      <ActionButton leftSection={icon} unavailable={onlyAdministrators}>
        Duplicate
      </ActionButton>
    )
  return (
    <Button
      leftSection={icon}
      renderRoot={(props) => <Link to={paths.template} params={{ templateId: newKey }} search={{ from }} {...props} />}
    >
      Duplicate
    </Button>
  )
}

/** Puts the template into use, or back out of it, or out of the archive. */
function Use({ list, own }: { list: List; own: Template }) {
  const isAdministrator = useMe().staff.role === 'administrator'
  const { pick, restore } = useTemplateActions()
  const { id, name, inUse, archivedAt } = own
  if (!isAdministrator) return null
  if (archivedAt !== null)
    return (
      <Button loading={restore.isPending} onClick={() => restore.mutate(own)}>
        Bring back
      </Button>
    )
  const [before, next] = [currentOf(list.items, own), inUse ? { id: null, name: shippedName } : { id, name }]
  return (
    <>
      <Duplicate from={id} />
      <Button loading={pick.isPending} onClick={() => pick.mutate({ use: own, next, before })}>
        {inUse ? 'Use standard text' : 'Use this one'}
      </Button>
    </>
  )
}

/** A template as it is, for who may not change it. */
function Reading({ template, reason }: { template: TemplateText; reason: string }) {
  const { kind, channel, language, title, body } = template
  return (
    <div className={styles.editor}>
      <div className={styles.form}>
        <div className={styles.fields}>
          <Notice tone="info">{reason}</Notice>
          {title !== null && (
            <div>
              <h2>Subject</h2>
              <p className={styles.source}>{title}</p>
            </div>
          )}
          <div>
            <h2>Text</h2>
            <p className={styles.source}>{body}</p>
          </div>
          <div>
            <TestButton draft={{ kind, channel, language, title, body }} />
          </div>
        </div>
      </div>
      <aside className={styles.side}>
        <TemplatePreview draft={{ kind, channel, language, title, body }} channel={channel} language={language} />
      </aside>
    </div>
  )
}

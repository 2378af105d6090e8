import { Button, Switch } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type Rule, rules } from '@ledgersync/shared/rules'
import { books } from '@ledgersync/shared/books'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { fieldErrorsOf } from '../../words.ts'
import { type Draft, draftOf, emptyDraft, inputOf, missing } from './draft.ts'
import { Preview } from './preview.tsx'
import { RuleFields } from './rule-fields.tsx'
import styles from './rules.module.css'

interface RuleEditorProps {
  clientId: string
  /** Null makes a new rule. */
  rule: Rule | null
  /** Words a new rule starts with. */
  words: string
  onDone: (ruleId: string | null) => void
}

/** One rule and its consequence. What is saved is what the preview showed. */
export function RuleEditor({ clientId, rule, words, onDone }: RuleEditorProps) {
  const currency = useQuery(query(books.get, { params: { clientId } })).data?.books?.homeCurrency ?? 'USD'
  const start = rule === null ? emptyDraft(words) : draftOf(rule, currency)
  const [draft, setDraft] = useState<Draft>(start)
  const [shown, setShown] = useState(false)
  const [server, setServer] = useState<Record<string, string>>({})
  const change = (changes: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...changes }))
    setServer({})
  }
  const lacking = missing(draft, currency)
  const complete = Object.keys(lacking).length === 0
  const preview = usePreview(clientId, rule, complete ? draft : null, currency)
  const save = useMutation({
    mutationFn: () => {
      const body = inputOf(draft, currency)
      return rule === null
        ? call(rules.create, { params: { clientId }, body })
        : call(rules.update, { params: { clientId, ruleId: rule.id }, body: { ...body, version: rule.version } })
    },
    onSuccess: async (saved) => {
      toast({ title: `“${saved.name}” is saved`, detail: 'All rules ran again over what nobody has approved.' })
      await invalidate([rules.list], clientId)
      onDone(saved.id)
    },
    onError: (error) => setServer(fieldErrorsOf(error)),
  })
  const submit = () => {
    setShown(true)
    if (complete && !save.isPending) save.mutate()
  }
  useSaveKey(submit)
  const errors = { ...(shown ? lacking : {}), ...serverErrors(server) }
  const touched = (preview.data?.newlyCoded.count ?? 0) + (preview.data?.changed.count ?? 0)
  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <header className={styles.editorTitle}>
        <h2>{rule === null ? 'New rule' : rule.name}</h2>
        {rule !== null && (
          <span className={styles.quiet}>
            client rule {rule.priority}, version {rule.version}
          </span>
        )}
        <Switch label="Active" checked={draft.active} onChange={(event) => change({ active: event.currentTarget.checked })} />
        {rule !== null && (
          <Button variant="subtle" leftSection={<Trash2 size={14} aria-hidden />} onClick={() => void remove(clientId, rule, onDone)}>
            Delete
          </Button>
        )}
      </header>
      <RuleFields
        clientId={clientId}
        draft={draft}
        errors={errors}
        names={{ category: rule?.categoryName ?? null, vendor: rule?.vendorName ?? null }}
        onChange={change}
      />
      {save.isError && Object.keys(server).length === 0 && <ErrorState error={save.error} />}
      {preview.isError && complete && (
        <ErrorState error={preview.error} title="The preview could not be computed" onRetry={() => void preview.refetch()} />
      )}
      {preview.data && <Preview preview={preview.data} stale={preview.isFetching || preview.isPlaceholderData || !complete} />}
      <footer className={styles.footer}>
        <Button onClick={() => onDone(rule?.id ?? null)}>Discard</Button>
        <ActionButton variant="filled" type="submit" loading={save.isPending}>
          {complete && preview.data ? `Save and apply to ${touched.toLocaleString('en-US')}` : 'Save'}&nbsp;&nbsp;
          <Kbd keys="Ctrl S" plain />
        </ActionButton>
      </footer>
    </form>
  )
}

/** Server paths such as `actions.categoryId` or `conditions.2.value`, as the fields here are called. */
function serverErrors(server: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(server).map(([field, message]) => [
      /^conditions\.\d+/.exec(field)?.[0] ?? (field.startsWith('actions') ? 'actions' : field),
      message,
    ]),
  )
}

function usePreview(clientId: string, rule: Rule | null, draft: Draft | null, currency: string) {
  const input = draft === null ? null : inputOf(draft, currency)
  const [settled] = useDebouncedValue(input === null ? '' : JSON.stringify(input), 350)
  return useQuery({
    queryKey: ['rulePreview', clientId, rule?.id, settled],
    // `settled` is the JSON of a RuleInput
    queryFn: () =>
      call(rules.preview, {
        params: { clientId },
        body: { rule: JSON.parse(settled) as NonNullable<typeof input>, ...(rule !== null && { ruleId: rule.id }) },
      }),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  })
}

function useSaveKey(save: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      save()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })
}

async function remove(clientId: string, rule: Rule, onDone: (ruleId: string | null) => void): Promise<void> {
  const sure = await confirm({
    title: `Delete “${rule.name}”?`,
    body: 'Rows it coded and nobody approved are coded again by the other rules. Approved and pushed rows stay as they are.',
    confirm: 'Delete rule',
    keep: 'Keep rule',
    final: true,
  })
  if (!sure) return
  try {
    await call(rules.remove, { params: { clientId, ruleId: rule.id } })
    toast({ title: `“${rule.name}” is deleted` })
    await invalidate([rules.list], clientId)
    onDone(null)
  } catch (error) {
    toastError(error)
  }
}

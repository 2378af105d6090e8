import { ActionIcon, Button, Menu } from '@mantine/core'
import { type Rule, rules } from '@ledgersync/shared/rules'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Ellipsis, Plus } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { call } from '../../api.ts'
import { invalidate, query, queryClient } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { Count } from '../../ui/money.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { RuleEditor } from './rule-editor.tsx'
import styles from './rules.module.css'

const addressNames = ['rule', 'words', 'search'] as const

/** A client's rules in running order, and the one being edited with its consequence. */
export function RulesPage() {
  const { clientId } = useParams({ from: '/app/clients/$clientId' })
  const [address, change] = useAddress(addressNames)
  const found = useQuery(query(rules.list, { params: { clientId } }))
  if (found.isError) return <ErrorState error={found.error} title="We could not load the rules" onRetry={() => void found.refetch()} />
  if (!found.data) return <SkeletonRows />
  const all = found.data.items
  const open = (rule: string | undefined) => change({ rule, words: undefined })
  const chosen = all.find(({ id }) => id === address.rule) ?? null
  const editing = chosen !== null || address.rule === 'new'
  if (all.length === 0 && !editing)
    return (
      <EmptyState
        title="No rules yet"
        actions={
          <Button variant="filled" leftSection={<Plus size={14} aria-hidden />} onClick={() => open('new')}>
            New rule
          </Button>
        }
      >
        A rule codes what arrives: when the description contains certain words, the row gets a category and a vendor. You see what it would
        do before you save it.
      </EmptyState>
    )
  return (
    <div className={styles.page} data-editing={editing}>
      <section className={styles.list} aria-label="Rules in running order">
        <div className={styles.listHead}>
          <SearchField
            label="Search rules"
            placeholder="Search rules"
            value={address.search ?? ''}
            onChange={(search) => change({ search: search || undefined })}
            width="100%"
            filter
          />
          <Button size="sm" leftSection={<Plus size={14} aria-hidden />} onClick={() => open('new')}>
            New rule
          </Button>
        </div>
        <RuleList clientId={clientId} all={all} search={address.search ?? ''} chosen={address.rule} onOpen={open} />
      </section>
      {editing ? (
        <RuleEditor
          key={chosen === null ? `new ${address.words ?? ''}` : `${chosen.id} ${chosen.version}`}
          clientId={clientId}
          rule={chosen}
          words={address.words ?? ''}
          onDone={(id) => open(id ?? undefined)}
        />
      ) : (
        <EmptyState title="Choose a rule">The first rule that matches a row wins. Client rules run before the firm’s own.</EmptyState>
      )}
    </div>
  )
}

interface RuleListProps {
  clientId: string
  all: Rule[]
  search: string
  chosen: string | undefined
  onOpen: (ruleId: string) => void
}

function RuleList({ clientId, all, search, chosen, onOpen }: RuleListProps) {
  const move = useMutation({
    mutationFn: ({ ruleId, priority }: { ruleId: string; priority: number }) =>
      call(rules.move, { params: { clientId, ruleId }, body: { priority } }),
    onSuccess: async (after) => {
      queryClient.setQueryData(query(rules.list, { params: { clientId } }).queryKey, after)
      await invalidate([rules.list], clientId)
    },
    onError: (error) => toastError(error),
  })
  const words = search.trim().toLowerCase()
  const shown = all.filter(({ name, categoryName, vendorName }) =>
    [name, categoryName, vendorName].some((text) => text?.toLowerCase().includes(words)),
  )
  if (shown.length === 0) return <p className={styles.quiet}>No rule has these words.</p>
  return (
    <ol className={styles.rules}>
      {shown.map((rule) => (
        <li key={rule.id} data-chosen={rule.id === chosen}>
          <button
            type="button"
            className={styles.rule}
            aria-current={rule.id === chosen}
            onClick={() => onOpen(rule.id)}
            onKeyDown={(event) => {
              if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
              event.preventDefault()
              const priority = rule.priority + (event.key === 'ArrowUp' ? -1 : 1)
              if (priority >= 1 && priority <= all.length) move.mutate({ ruleId: rule.id, priority })
            }}
          >
            <span className={styles.place}>{rule.priority}</span>
            <span className={styles.ruleText}>
              <strong>{rule.name}</strong>
              <span className={styles.quiet}>
                {[rule.categoryName, rule.vendorName].filter((text) => text !== null).join(' · ') || 'Memo only'}
              </span>
            </span>
            {rule.active ? <Count value={rule.matches} /> : <Badge>Off</Badge>}
          </button>
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" aria-label={`Move ${rule.name}`}>
                <Ellipsis size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item disabled={rule.priority === 1} onClick={() => move.mutate({ ruleId: rule.id, priority: rule.priority - 1 })}>
                Run earlier (Alt ↑)
              </Menu.Item>
              <Menu.Item
                disabled={rule.priority === all.length}
                onClick={() => move.mutate({ ruleId: rule.id, priority: rule.priority + 1 })}
              >
                Run later (Alt ↓)
              </Menu.Item>
              <Menu.Item disabled={rule.priority === 1} onClick={() => move.mutate({ ruleId: rule.id, priority: 1 })}>
                Run first
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </li>
      ))}
    </ol>
  )
}

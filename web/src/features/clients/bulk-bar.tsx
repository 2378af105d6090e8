import { Button, Menu, Modal, MultiSelect, SegmentedControl } from '@mantine/core'
import { bulk, type BulkAction } from '@ledgersync/shared/bulk'
import type { ClientFilter } from '@ledgersync/shared/client-filter'
import { staff } from '@ledgersync/shared/team'
import { groups } from '@ledgersync/shared/groups'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Folder, Landmark, Lock, Mail, MessageSquareText, MessagesSquare, Send, UserRoundPlus } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { Kbd } from '../../ui/kbd.tsx'
import { formatCount } from '../../ui/money.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { draftOfSelection } from '../outreach/draft.ts'
import { watchRun } from './bulk-progress.tsx'
import styles from './list-page.module.css'
import type { Selection } from './use-selection.ts'

const clientsOf = (count: number): string => (count === 1 ? '1 client' : `${formatCount(count)} clients`)

interface BulkBarProps {
  selection: Selection
  /** What "all that match" means. */
  filter: ClientFilter
}

/** What can be done to the ticked clients. It floats over the list. */
export function BulkBar({ selection, filter }: BulkBarProps) {
  const { staff: self } = useMe()
  const [assigning, setAssigning] = useState(false)
  const { count, chosen } = selection
  const start = useMutation({
    mutationFn: (action: BulkAction) => {
      const { all, ...ids } = chosen
      return call(bulk.start, { body: all ? { action, filter, ...ids } : { action, ...ids } })
    },
    onSuccess: async ({ id }) => {
      watchRun(id)
      selection.clear()
      await invalidate([bulk.list])
    },
    onError: (error) => toastError(error, 'Nothing was changed'),
  })
  const invite = async (channel: 'sms' | 'email' | 'both') => {
    const by = { sms: 'by text', email: 'by e-mail', both: 'by text and e-mail' }[channel]
    const yes = await confirm({
      title: `Invite ${clientsOf(count)} ${by}?`,
      body: 'Each person gets one message with a new link that is valid for 5 days; links they have stop working. Who cannot be reached this way is left out and listed with the reason.',
      confirm: `Invite ${clientsOf(count)}`,
      keep: 'Send nothing',
    })
    if (yes) start.mutate({ kind: 'invite', channel })
  }
  const lock = async () => {
    const yes = await confirm({
      title: `Lock ${clientsOf(count)}?`,
      body: 'Their links stop working, waiting messages are not sent and nothing is fetched until you unlock them.',
      confirm: `Lock ${clientsOf(count)}`,
      keep: 'Keep unlocked',
    })
    if (yes) start.mutate({ kind: 'lock' })
  }
  return (
    <section className={styles.bar} aria-label="Selected clients">
      <span className={styles.barCount} role="status">
        {formatCount(count)} selected
      </span>
      <Menu position="top-start">
        <Menu.Target>
          <Button variant="filled" leftSection={<Send size={14} aria-hidden />} loading={start.isPending}>
            Invite {formatCount(count)}…
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Mail size={16} aria-hidden />} onClick={() => void invite('email')}>
            Email
          </Menu.Item>
          <Menu.Item leftSection={<MessageSquareText size={16} aria-hidden />} onClick={() => void invite('sms')}>
            Text message
          </Menu.Item>
          <Menu.Item leftSection={<MessagesSquare size={16} aria-hidden />} onClick={() => void invite('both')}>
            Both
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button
        variant="subtle"
        leftSection={<Landmark size={14} aria-hidden />}
        renderRoot={(props) => (
          <Link to={paths.outreach} search={{ step: 'banks' }} state={{ outreach: draftOfSelection(selection, filter) }} {...props} />
        )}
      >
        Reconnect or add banks
      </Button>
      <ActionButton
        variant="subtle"
        leftSection={<UserRoundPlus size={14} aria-hidden />}
        unavailable={self.role === 'administrator' ? null : 'An administrator assigns staff.'}
        onClick={() => setAssigning(true)}
      >
        Assign
      </ActionButton>
      <GroupMenu onMove={(groupId) => start.mutate({ kind: 'group', groupId })} />
      <Menu position="top-start">
        <Menu.Target>
          <Button variant="subtle" leftSection={<Lock size={14} aria-hidden />}>
            Lock
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void lock()}>Lock {formatCount(count)}…</Menu.Item>
          <Menu.Item onClick={() => start.mutate({ kind: 'unlock' })}>Unlock {formatCount(count)}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button variant="subtle" rightSection={<Kbd keys="Esc" />} onClick={selection.clear}>
        Clear
      </Button>
      {assigning && <AssignDialog count={count} onClose={() => setAssigning(false)} onAssign={(action) => start.mutate(action)} />}
    </section>
  )
}

function GroupMenu({ onMove }: { onMove: (groupId: string | null) => void }) {
  const items = useQuery(query(groups.list)).data?.items ?? []
  return (
    <Menu position="top-start">
      <Menu.Target>
        <Button variant="subtle" leftSection={<Folder size={14} aria-hidden />}>
          Group
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {items.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => onMove(id)}>
            {name}
          </Menu.Item>
        ))}
        {items.length > 0 && <Menu.Divider />}
        <Menu.Item onClick={() => onMove(null)}>No group</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const modes = [
  { value: 'add', label: 'Add' },
  { value: 'replace', label: 'Replace' },
  { value: 'remove', label: 'Take away' },
] as const
type Mode = (typeof modes)[number]['value']

interface AssignDialogProps {
  count: number
  onClose: () => void
  onAssign: (action: BulkAction) => void
}

function AssignDialog({ count, onClose, onAssign }: AssignDialogProps) {
  const team = useQuery(query(staff.list)).data?.items ?? []
  const [mode, setMode] = useState<Mode>('add')
  const [staffIds, setStaffIds] = useState<string[]>([])
  const hints: Record<Mode, string> = {
    add: 'Whoever is assigned already stays.',
    replace: 'Whoever is assigned now is not any more.',
    remove: 'Everybody else who is assigned stays.',
  }
  return (
    <Modal opened onClose={onClose} title={`Assign staff to ${clientsOf(count)}`} size={440} withCloseButton={false}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault()
          if (staffIds.length === 0) return
          onAssign({ kind: 'assign', mode, staffIds })
          onClose()
        }}
      >
        <SegmentedControl
          aria-label="How"
          data={[...modes]}
          value={mode}
          onChange={(value) => setMode(modes.find((one) => one.value === value)?.value ?? 'add')}
        />
        <MultiSelect
          label="Staff"
          description={hints[mode]}
          data={team.map(({ id, name }) => ({ value: id, label: name }))}
          value={staffIds}
          onChange={setStaffIds}
          searchable
          data-autofocus
        />
        <div className={styles.dialogButtons}>
          <Button onClick={onClose}>Cancel</Button>
          <ActionButton type="submit" variant="filled" unavailable={staffIds.length === 0 ? 'Choose somebody first.' : null}>
            {`Assign to ${clientsOf(count)}`}
          </ActionButton>
        </div>
      </form>
    </Modal>
  )
}

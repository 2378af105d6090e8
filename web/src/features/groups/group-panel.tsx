import { Button, TextInput } from '@mantine/core'
import { type Group, groups } from '@ledgersync/shared/groups'
import { useMutation } from '@tanstack/react-query'
import { ApiError, call } from '../../api.ts'
import { clientLists } from '../../live.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { confirm } from '../../ui/confirm.tsx'
import { useForm } from '../../ui/form.ts'
import { formatCount } from '../../ui/money.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { GroupMembers } from './group-members.tsx'
import styles from './groups.module.css'

interface GroupPanelProps {
  /** Null while a new one is named. */
  group: Group | null
  opened: boolean
  onClose: () => void
  /** A new group has been saved: its clients can be chosen now. */
  onAdded: (id: string) => void
}

/** One group: its name, its clients, and its end. */
export function GroupPanel({ group, opened, onClose, onAdded }: GroupPanelProps) {
  const isAdministrator = useMe().staff.role === 'administrator'
  return (
    <SidePanel opened={opened} title={group?.name ?? 'Add group'} onClose={onClose}>
      <div className={styles.panel}>
        {isAdministrator && <NameForm group={group} onAdded={onAdded} />}
        {group !== null && <GroupMembers group={group} />}
        {group !== null && isAdministrator && <DeleteGroup group={group} onDeleted={onClose} />}
      </div>
    </SidePanel>
  )
}

function NameForm({ group, onAdded }: { group: Group | null; onAdded: (id: string) => void }) {
  const form = useForm({ name: group?.name ?? '' }, ({ name }) => (name.trim() === '' ? { name: 'Enter a name.' } : {}))
  const save = useMutation({
    mutationFn: () => {
      const body = { name: form.values.name.trim() }
      return group === null ? call(groups.create, { body }) : call(groups.rename, { params: { groupId: group.id }, body })
    },
    onSuccess: async (saved) => {
      form.reset({ name: saved.name })
      toast({ title: group === null ? `${saved.name} added` : 'Group renamed' })
      await invalidate(clientLists)
      if (group === null) onAdded(saved.id)
    },
    onError: (error) => {
      if (!form.refuse(error) && error instanceof ApiError && error.code === 'name_taken') form.fail('name', error.message)
    },
  })
  return (
    <form
      className={styles.nameForm}
      noValidate
      aria-label="Group"
      onSubmit={(event) => {
        event.preventDefault()
        if (form.check() && form.dirty) save.mutate()
      }}
    >
      {save.error && form.errors.name === undefined && <ErrorState error={save.error} title="The group was not saved" />}
      <TextInput label="Name" maxLength={60} autoComplete="off" data-autofocus={group === null} {...form.text('name')} />
      <div>
        <Button type="submit" {...(group === null && { variant: 'filled' })} loading={save.isPending}>
          {group === null ? 'Add group' : 'Save name'}
        </Button>
      </div>
    </form>
  )
}

function DeleteGroup({ group, onDeleted }: { group: Group; onDeleted: () => void }) {
  const remove = useMutation({
    mutationFn: () => call(groups.remove, { params: { groupId: group.id } }),
    onSuccess: async () => {
      toast({ title: `${group.name} deleted`, detail: 'Its clients are in no group now.' })
      onDeleted()
      await invalidate(clientLists)
    },
    onError: (error) => toastError(error, `${group.name} was not deleted`),
  })
  const ask = async () => {
    const clients = group.clientCount === 1 ? 'Its client stays' : `Its ${formatCount(group.clientCount)} clients stay`
    const sure = await confirm({
      title: `Delete ${group.name}?`,
      body: group.clientCount === 0 ? 'No client is in it.' : `${clients}, in no group.`,
      confirm: 'Delete group',
      keep: 'Keep group',
      final: true,
    })
    if (sure) remove.mutate()
  }
  return (
    <div className={styles.end}>
      <Button loading={remove.isPending} onClick={() => void ask()}>
        Delete group…
      </Button>
    </div>
  )
}

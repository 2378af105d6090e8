import { Button } from '@mantine/core'
import { staff, type StaffInvite } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import styles from './team.module.css'
import { inviteState, roleWords } from './words.ts'

export const inviteColumns: Column<StaffInvite>[] = [
  { id: 'name', header: 'Name', cell: ({ name }) => <strong title={name}>{name}</strong> },
  { id: 'email', header: 'E-mail', width: '24%', cell: ({ email }) => <span title={email}>{email}</span> },
  { id: 'role', header: 'Role', width: '120px', cell: ({ role }) => roleWords[role] },
  { id: 'state', header: 'State', width: '24%', cell: (row) => <State row={row} /> },
  { id: 'by', header: 'Invited by', width: '136px', cell: ({ invitedBy }) => <span title={invitedBy}>{invitedBy}</span> },
]

/** The same on a phone. */
export function inviteCard(row: StaffInvite): CardParts {
  return {
    title: row.name,
    state: roleWords[row.role],
    meta: row.email,
    figures: <State row={row} />,
    actions: <InviteActions row={row} />,
  }
}

function State({ row }: { row: StaffInvite }) {
  const { label, tone } = inviteState(row)
  return (
    <span className={styles.state}>
      <Badge tone={tone}>{label}</Badge>
      {row.reason === null ? (
        <span className={styles.quiet}>
          <DateTime at={row.sentAt} shape="ago" />
        </span>
      ) : (
        <span title={row.reason}>{row.reason}</span>
      )}
    </span>
  )
}

/** Send again and withdraw. */
export function InviteActions({ row }: { row: StaffInvite }) {
  const params = { staffInviteId: row.id }
  const resend = useMutation({
    mutationFn: () => call(staff.resendInvite, { params }),
    onSuccess: async () => {
      toast({ title: `A new link is on its way to ${row.email}`, detail: 'Earlier links no longer work.' })
      await invalidate([staff.team])
    },
    onError: (error) => toastError(error, 'Nothing was sent'),
  })
  const withdraw = useMutation({
    mutationFn: () => call(staff.withdrawInvite, { params }),
    onSuccess: async () => {
      toast({ title: `The invitation of ${row.name} is withdrawn` })
      await invalidate([staff.team])
    },
    onError: (error) => toastError(error, 'The invitation was not withdrawn'),
  })
  const ask = async () => {
    const sure = await confirm({
      title: `Withdraw the invitation of ${row.name}?`,
      body: 'Its link stops working at once. You can invite them again.',
      confirm: 'Withdraw',
      keep: 'Keep invitation',
    })
    if (sure) withdraw.mutate()
  }
  return (
    <>
      <Button size="sm" loading={resend.isPending} aria-label={`Send again to ${row.name}`} onClick={() => resend.mutate()}>
        Send again
      </Button>
      <Button size="sm" variant="subtle" loading={withdraw.isPending} aria-label={`Withdraw ${row.name}`} onClick={() => void ask()}>
        Withdraw
      </Button>
    </>
  )
}

import { Button } from '@mantine/core'
import { account, type Account } from '@ledgersync/shared/account'
import type { Me } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { type Edit, EditOf } from './edits.tsx'
import { asksIdentity, asMyself } from './identity.tsx'
import styles from './account.module.css'

/** Name, username, e-mail, password and phone, each with the way to change it. */
export function SignInSection({ staff, found }: { staff: Me['staff']; found: Account }) {
  const [edit, setEdit] = useState<Edit | null>(null)
  const { pendingEmail, pendingPhone, phone } = found
  const dropPhone = useMutation({
    mutationFn: () => asMyself(() => call(account.removePhone)),
    onSuccess: async () => {
      toast({ title: 'Phone removed', detail: 'A lost password can be recovered by e-mail only.' })
      await invalidate([account.get])
    },
    onError: (error) => {
      if (!asksIdentity(error)) toastError(error, 'The phone was not removed')
    },
  })
  const change = (what: Edit, label: string, words = 'Change') => (
    <Button size="sm" aria-label={`${words} ${label}`} onClick={() => setEdit(what)}>
      {words}
    </Button>
  )
  return (
    <>
      <ul className={styles.rows}>
        <Row label="Name" value={staff.name} actions={change('name', 'your name')} />
        <Row label="Username" value={staff.username} actions={staff.emailVerified && change('username', 'your username')} />
        <Row
          label="E-mail"
          value={staff.email}
          badge={staff.emailVerified ? <Badge tone="ok">Verified</Badge> : <Badge tone="warn">Not verified</Badge>}
          note={pendingEmail === null ? undefined : `${pendingEmail} takes its place once you enter the code we sent there.`}
          actions={
            <>
              {pendingEmail !== null && change('emailCode', 'for your new e-mail', 'Enter code')}
              {change('email', 'your e-mail')}
            </>
          }
        />
        <Row label="Password" value="Not shown" actions={change('password', 'your password')} />
        <Row
          label="Cell phone"
          value={phone ?? 'None'}
          badge={phone !== null && <Badge tone="ok">Verified</Badge>}
          note={
            pendingPhone === null
              ? phone === null
                ? 'With a phone you can recover a lost password by text.'
                : undefined
              : `${pendingPhone} is kept once you enter the code we texted.`
          }
          actions={
            <>
              {pendingPhone !== null && change('phoneCode', 'for your phone', 'Enter code')}
              {staff.emailVerified && change('phone', 'your phone', phone === null ? 'Add' : 'Change')}
              {phone !== null && (
                <Button size="sm" aria-label="Remove your phone" loading={dropPhone.isPending} onClick={() => dropPhone.mutate()}>
                  Remove
                </Button>
              )}
            </>
          }
        />
      </ul>
      {edit !== null && <EditOf edit={edit} staff={staff} onClose={() => setEdit(null)} />}
    </>
  )
}

interface RowProps {
  label: string
  value: string
  badge?: React.ReactNode
  note?: string | undefined
  actions: React.ReactNode
}

function Row({ label, value, badge, note, actions }: RowProps) {
  return (
    <li className={styles.row}>
      <span className={styles.label}>{label}</span>
      <div className={styles.value}>
        <div className={styles.mail}>
          {value} {badge}
        </div>
        {note !== undefined && <div className={styles.quiet}>{note}</div>}
      </div>
      <div className={styles.actions}>{actions}</div>
    </li>
  )
}

import { Button, TextInput } from '@mantine/core'
import type { Role } from '@ledgersync/shared/auth'
import type { Permission } from '@ledgersync/shared/permissions'
import { staff, staffInviteDays } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { ApiError, call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { useForm } from '../../ui/form.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { ErrorState } from '../../ui/states.tsx'
import { toast } from '../../ui/toasts.tsx'
import { PermissionFields, RoleField } from './role-fields.tsx'
import styles from './team.module.css'

interface Values {
  name: string
  email: string
  role: Role
  permissions: Permission[]
}

const start: Values = { name: '', email: '', role: 'employee', permissions: [] }

function validate({ name, email }: Values): Partial<Record<keyof Values, string>> {
  return {
    ...(name.trim() === '' && { name: 'Enter their name.' }),
    ...(!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) && { email: 'Enter their work e-mail, such as marcus@yourfirm.example.' }),
  }
}

/** Invites a colleague by e-mail. */
export function InvitePanel({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <SidePanel opened={opened} title="Invite colleague" onClose={onClose}>
      <InviteForm onSent={onClose} />
    </SidePanel>
  )
}

function InviteForm({ onSent }: { onSent: () => void }) {
  const form = useForm<Values>(start, validate)
  const send = useMutation({
    mutationFn: () => {
      const { name, email, role, permissions } = form.values
      return call(staff.invite, { body: { name: name.trim(), email: email.trim(), role, permissions } })
    },
    onSuccess: async (invite) => {
      toast({ title: `The invitation is on its way to ${invite.email}` })
      onSent()
      await invalidate([staff.team])
    },
    onError: (error) => {
      if (form.refuse(error) || !(error instanceof ApiError)) return
      if (error.code === 'work_email_required') form.fail('email', error.message)
    },
  })
  const onField = Object.keys(form.errors).length > 0
  const { role, permissions } = form.values
  return (
    <form
      className={styles.form}
      noValidate
      aria-label="Invitation"
      onSubmit={(event) => {
        event.preventDefault()
        if (form.check() && !send.isPending) send.mutate()
      }}
    >
      {send.error && !onField && <ErrorState error={send.error} title="Nothing was sent" />}
      <TextInput label="Name" maxLength={120} autoComplete="off" data-autofocus {...form.text('name')} />
      <TextInput
        label="Work email"
        type="email"
        maxLength={254}
        autoComplete="off"
        description={`They get a link that works once, for ${staffInviteDays} days, and choose their own password.`}
        {...form.text('email')}
      />
      <RoleField value={role} onChange={(next) => form.set({ role: next })} />
      <PermissionFields role={role} value={permissions} onChange={(next) => form.set({ permissions: next })} />
      <div>
        <Button type="submit" variant="filled" loading={send.isPending}>
          Send invitation
        </Button>
      </div>
    </form>
  )
}

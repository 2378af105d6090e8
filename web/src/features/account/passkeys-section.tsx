import { Button, TextInput } from '@mantine/core'
import { type Passkey, passkeys, passkeysMax } from '@ledgersync/shared/passkeys'
import { useMutation, useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { makePasskey, PasskeyFailure, passkeysUnavailable } from '../access/passkey.ts'
import { browserName } from './browser-name.ts'
import { EditDialog } from './edit-dialog.tsx'
import { asksIdentity, asMyself } from './identity.tsx'
import styles from './account.module.css'

/** The person's passkeys: add one, rename it, remove it. The password stays, so that nobody locks themselves out. */
export function PasskeysSection() {
  const list = useQuery(query(passkeys.list))
  const [renamed, setRenamed] = useState<Passkey | null>(null)
  const unavailable = passkeysUnavailable()
  if (list.isError && !list.data)
    return <ErrorState error={list.error} title="We could not load your passkeys" onRetry={() => void list.refetch()} />
  if (!list.data) return <SkeletonRows rows={1} height={56} />
  const { items } = list.data
  return (
    <>
      <p className={styles.quiet}>
        A passkey is a key that your phone, computer or password manager keeps for you: it signs you in by finger, face or PIN, without
        password and code.
      </p>
      {items.length > 0 && (
        <ul className={styles.sessions} aria-label="Passkeys">
          {items.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onRename={() => setRenamed(passkey)} />
          ))}
        </ul>
      )}
      {unavailable === null ? <AddPasskey items={items} /> : <Notice tone="info">{unavailable}</Notice>}
      {renamed !== null && <RenameDialog passkey={renamed} onClose={() => setRenamed(null)} />}
    </>
  )
}

/** The name with the first number that no other passkey has: a phone may have several, for it may have several browsers. */
function freeName(name: string, items: readonly Passkey[]): string {
  const taken = new Set(items.map((item) => item.name))
  let free = name
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`
  return free
}

function AddPasskey({ items }: { items: readonly Passkey[] }) {
  const { emailVerified } = useMe().staff
  const add = useMutation({
    mutationFn: async () => {
      const made = await makePasskey(await asMyself(() => call(passkeys.begin)))
      if (made === null) return null
      const name = freeName(browserName(navigator.userAgent), items)
      return asMyself(() => call(passkeys.add, { body: { ...made, name } }))
    },
    onSuccess: async (added) => {
      if (added === null) return
      toast({ title: 'Passkey added', detail: `${added.name} opens your account from now on.` })
      await invalidate([passkeys.list])
    },
    onError: (error) => {
      const title = 'No passkey was added'
      if (error instanceof PasskeyFailure) toast({ tone: 'bad', title, detail: error.message })
      else if (!asksIdentity(error)) toastError(error, title)
    },
  })
  const full = items.length >= passkeysMax ? `You have ${passkeysMax}, which is as many as an account can have. Remove one first.` : null
  return (
    <ActionButton
      size="sm"
      mt={items.length > 0 ? 12 : 0}
      leftSection={<KeyRound size={14} aria-hidden />}
      loading={add.isPending}
      unavailable={emailVerified ? full : 'Verify your e-mail first.'}
      onClick={() => add.mutate()}
    >
      Add a passkey
    </ActionButton>
  )
}

function PasskeyRow({ passkey: { id, name, createdAt, lastUsedAt }, onRename }: { passkey: Passkey; onRename: () => void }) {
  const remove = useMutation({
    mutationFn: () => asMyself(() => call(passkeys.remove, { params: { passkeyId: id } })),
    onSuccess: async () => {
      toast({ title: 'Passkey removed', detail: `${name} opens nothing any more. Remove it from the device, too.` })
      await invalidate([passkeys.list])
    },
    onError: (error) => {
      if (!asksIdentity(error)) toastError(error, 'The passkey was not removed')
    },
  })
  const ask = async () => {
    const yes = await confirm({
      title: `Remove the passkey ${name}?`,
      body: 'It opens your account no longer. Your password still does.',
      confirm: 'Remove passkey',
      keep: 'Keep it',
      final: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <li>
      <div className={styles.session}>
        <strong>{name}</strong>
        <div className={styles.quiet}>
          added <DateTime at={createdAt} /> ·{' '}
          {lastUsedAt === null ? (
            'not used yet'
          ) : (
            <>
              last used <DateTime at={lastUsedAt} shape="ago" />
            </>
          )}
        </div>
      </div>
      <div className={styles.actions}>
        <Button size="sm" aria-label={`Rename the passkey ${name}`} onClick={onRename}>
          Rename
        </Button>
        <Button size="sm" aria-label={`Remove the passkey ${name}`} loading={remove.isPending} onClick={() => void ask()}>
          Remove
        </Button>
      </div>
    </li>
  )
}

function RenameDialog({ passkey: { id, name }, onClose }: { passkey: Passkey; onClose: () => void }) {
  return (
    <EditDialog
      title="Rename the passkey"
      action="Rename passkey"
      initial={{ name }}
      validate={(values) => (values.name.trim() === '' ? { name: 'Enter a name by which you know it.' } : {})}
      save={async (values) => {
        await call(passkeys.rename, { params: { passkeyId: id }, body: { name: values.name.trim() } })
        await invalidate([passkeys.list])
      }}
      done={{ title: 'Passkey renamed' }}
      onClose={onClose}
    >
      {(form) => (
        <TextInput
          label="Name"
          description="Such as the device or the password manager that keeps it."
          maxLength={60}
          data-autofocus
          {...form.text('name')}
        />
      )}
    </EditDialog>
  )
}

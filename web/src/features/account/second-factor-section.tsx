import { Button, Modal, TextInput } from '@mantine/core'
import { account, type Account, type SecondFactorSetup } from '@ledgersync/shared/account'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { asksIdentity, asMyself } from './identity.tsx'
import { QrCode } from './qr-code.tsx'
import { RecoveryCodeList } from './recovery-code-list.tsx'
import styles from './account.module.css'

const fewCodes = 3

/** The authenticator app: set up, replaced, removed; and the recovery codes. */
export function SecondFactorSection({ found }: { found: Account }) {
  const [setup, setSetup] = useState<SecondFactorSetup | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const { secondFactorSince: since, recoveryCodesLeft: left } = found
  const fail = (error: unknown) => {
    if (!asksIdentity(error)) toastError(error, 'Nothing was changed')
  }
  const begin = useMutation({ mutationFn: () => asMyself(() => call(account.beginSecondFactor)), onSuccess: setSetup, onError: fail })
  const renew = useMutation({
    mutationFn: () => asMyself(() => call(account.renewRecoveryCodes)),
    onSuccess: async (made) => {
      setCodes(made.codes)
      await invalidate([account.get])
    },
    onError: fail,
  })
  const remove = useMutation({
    mutationFn: () => asMyself(() => call(account.removeSecondFactor)),
    onSuccess: async () => {
      toast({ title: 'Second factor removed', detail: 'Your password alone opens your account.' })
      await invalidate([account.get, auth.me])
    },
    onError: fail,
  })
  const askRemove = async () => {
    const yes = await confirm({
      title: 'Remove the second factor?',
      body: 'Your password alone will open your account, and your recovery codes stop working.',
      confirm: 'Remove second factor',
      keep: 'Keep it',
      final: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <>
      <p>
        {since === null ? (
          'A code of an app on your phone, asked for after the password. Somebody who learns your password cannot get in without it.'
        ) : (
          <>
            <Badge tone="ok">On</Badge> since <DateTime at={since} />. {left} of 10 recovery codes left.
            {left <= fewCodes && ' Make new ones before they run out.'}
          </>
        )}
      </p>
      <div className={styles.actions}>
        <Button size="sm" variant={since === null ? 'filled' : 'default'} loading={begin.isPending} onClick={() => begin.mutate()}>
          {since === null ? 'Set up second factor' : 'Use another phone'}
        </Button>
        {since !== null && (
          <>
            <Button size="sm" loading={renew.isPending} onClick={() => renew.mutate()}>
              New recovery codes
            </Button>
            <Button size="sm" loading={remove.isPending} onClick={() => void askRemove()}>
              Remove
            </Button>
          </>
        )}
      </div>
      {setup !== null && (
        <SetupDialog
          setup={setup}
          onClose={() => setSetup(null)}
          onDone={(made) => {
            setSetup(null)
            setCodes(made)
          }}
        />
      )}
      {codes !== null && <RecoveryCodeList codes={codes} onClose={() => setCodes(null)} />}
    </>
  )
}

interface SetupProps {
  setup: SecondFactorSetup
  onClose: () => void
  onDone: (codes: string[]) => void
}

function SetupDialog({ setup: { secret, uri }, onClose, onDone }: SetupProps) {
  const form = useForm({ code: '' }, ({ code }) => (/^\d{6}$/.test(code.trim()) ? {} : { code: 'Enter the six digits the app shows.' }))
  const set = useMutation({
    mutationFn: () => asMyself(() => call(account.confirmSecondFactor, { body: { code: form.values.code.trim() } })),
    onSuccess: async (made) => {
      onDone(made.codes)
      await invalidate([account.get, auth.me])
    },
    onError: (error) => form.refuse(error),
  })
  return (
    <Modal opened onClose={onClose} title="Set up the second factor" size={440} withCloseButton={false}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) set.mutate()
        }}
      >
        {set.error && !asksIdentity(set.error) && Object.keys(form.errors).length === 0 && <ErrorState error={set.error} />}
        <p>Scan this with an authenticator app, such as the one of your password manager.</p>
        <QrCode text={uri} label="QR code of the key" />
        <div>
          <p className={styles.quiet}>Cannot scan it? Type this key into the app:</p>
          <code className={styles.secret}>{secret.replaceAll(/(.{4})/g, '$1 ').trim()}</code>
        </div>
        <TextInput
          label="Six-digit code"
          description="The one the app shows now."
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          data-autofocus
          {...form.text('code')}
        />
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" loading={set.isPending}>
            Turn on
          </Button>
        </div>
      </form>
    </Modal>
  )
}

import { Button, TextInput } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api.ts'
import { updateMe, useMe } from '../session.ts'
import { toast, toastError } from '../ui/toasts.tsx'
import { wordsFor } from '../words.ts'
import styles from './shell.module.css'

/** Until the e-mail is verified: says what that holds back, and takes the code. */
export function VerifyBanner() {
  const { staff } = useMe()
  const [code, setCode] = useState('')
  const verify = useMutation({
    mutationFn: () => call(auth.verifyEmail, { body: { code } }),
    onSuccess: (me) => {
      updateMe(me)
      toast({ title: 'E-mail verified', detail: 'You can invite clients now.' })
    },
  })
  const again = useMutation({
    mutationFn: () => call(auth.sendVerification),
    onSuccess: () => toast({ title: 'New code sent', detail: `It is on its way to ${staff.email}. Earlier codes stopped working.` }),
    onError: (error) => toastError(error),
  })
  if (staff.emailVerified) return null
  const ready = /^\d{6}$/.test(code)
  return (
    <section className={styles.banner} aria-label="Verify your e-mail">
      <p>
        <strong>Verify your e-mail to invite clients.</strong> We sent six digits to {staff.email}. Until then you can look around and add
        clients.
      </p>
      <form
        className={styles.bannerForm}
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) verify.mutate()
        }}
      >
        <TextInput
          aria-label="Six-digit code"
          placeholder="123456"
          size="sm"
          w={120}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          value={code}
          error={verify.error ? wordsFor(verify.error).detail : undefined}
          onChange={(event) => {
            setCode(event.currentTarget.value.replace(/\D/g, ''))
            verify.reset()
          }}
        />
        <Button type="submit" size="sm" variant="filled" loading={verify.isPending} disabled={!ready}>
          Verify
        </Button>
        <Button size="sm" variant="subtle" loading={again.isPending} onClick={() => again.mutate()}>
          Send a new code
        </Button>
      </form>
    </section>
  )
}

import { Button, PasswordInput } from '@mantine/core'
import { auth, passwordMin, passwordMinWithSecondFactor } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { queryClient } from '../../query.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import { CodeField } from './code-field.tsx'
import styles from './access.module.css'

const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/** The link of "Lost your password". The token stands behind the #, so it reaches no server log; nothing happens before the button. */
export function ResetPasswordPage() {
  const token = useLocation({ select: (location) => location.hash.replace(/^#/, '') })
  if (tokenPattern.test(token)) return <NewPassword token={token} />
  return (
    <AccessFrame title="Choose a new password">
      <div className={styles.form}>
        <Notice tone="warn" title="This link is not complete">
          Copy the whole address from the message, or ask for a new link.
        </Notice>
        <NewLink />
      </div>
    </AccessFrame>
  )
}

function NewLink() {
  return (
    <Button size="lg" renderRoot={(props) => <Link to={paths.lostPassword} {...props} />}>
      Ask for a new link
    </Button>
  )
}

function useReset(token: string) {
  const [asksCode, setAsksCode] = useState(false)
  const form = useForm({ password: '', code: '' }, ({ password, code }) => ({
    ...([...password].length < passwordMinWithSecondFactor && { password: `Choose a password of at least ${passwordMin} characters.` }),
    ...(asksCode && code.trim() === '' && { code: 'Enter the code.' }),
  }))
  const reset = useMutation({
    mutationFn: () => {
      const { password, code } = form.values
      return call(auth.resetPassword, { body: { token, password, ...(asksCode && { code: code.trim() }) } })
    },
    onSuccess: () => queryClient.clear(),
    onError: (error) => {
      if (form.refuse(error) || !(error instanceof ApiError)) return
      if (error.code === 'second_factor_required') setAsksCode(true)
      if (error.code === 'second_factor_refused') form.fail('code', error.message)
    },
  })
  return { form, reset, asksCode }
}

function NewPassword({ token }: { token: string }) {
  const { form, reset, asksCode } = useReset(token)
  if (reset.isSuccess) {
    return (
      <AccessFrame title="Password changed" lead="All your sessions have ended. Sign in with the new password.">
        <div className={styles.form}>
          <Button size="lg" variant="filled" renderRoot={(props) => <Link to={paths.signIn} {...props} />}>
            Sign in
          </Button>
        </div>
      </AccessFrame>
    )
  }
  const isOld = reset.error instanceof ApiError && reset.error.code === 'code_refused'
  const isNext = reset.error instanceof ApiError && reset.error.code === 'second_factor_required'
  return (
    <AccessFrame title="Choose a new password" lead="It ends all sessions of your account.">
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) reset.mutate()
        }}
      >
        {reset.error && !isNext && Object.keys(form.errors).length === 0 && <ErrorState error={reset.error} title="Nothing was changed" />}
        {isOld ? (
          <NewLink />
        ) : (
          <>
            <PasswordInput
              label="New password"
              size="lg"
              autoComplete="new-password"
              description={`${passwordMin} characters or more, or ${passwordMinWithSecondFactor} if you have a second factor. A few unrelated words are strong and easy to keep.`}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
              autoFocus
              {...form.text('password')}
            />
            {asksCode && <CodeField field={form.text('code')} />}
            <Button type="submit" size="lg" variant="filled" loading={reset.isPending}>
              Change password
            </Button>
          </>
        )}
      </form>
    </AccessFrame>
  )
}

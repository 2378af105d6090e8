import { Button, PasswordInput, TextInput } from '@mantine/core'
import { auth, type Me } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { Link, useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { rememberMe } from '../../session.ts'
import { type Form, useForm } from '../../ui/form.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import { CodeField } from './code-field.tsx'
import { PasskeyFailure, passkeysUnavailable } from './passkey.ts'
import { usePasskeySignIn } from './passkey-sign-in.ts'
import styles from './access.module.css'

interface Values {
  username: string
  password: string
  code: string
}

/** Sign in, then go back to where one wanted to be. The code is asked for once the password is right; a passkey is enough by itself. */
export function SignInPage() {
  const { to } = useSearch({ from: paths.signIn })
  const router = useRouter()
  const [asksCode, setAsksCode] = useState(false)
  const form = useForm<Values>({ username: '', password: '', code: '' }, ({ username, password, code }) => ({
    ...(username.trim() === '' && { username: 'Enter your username. It is your e-mail unless you changed it.' }),
    ...(password === '' && { password: 'Enter your password.' }),
    ...(asksCode && code.trim() === '' && { code: 'Enter the code.' }),
  }))
  const enter = (me: Me) => {
    rememberMe(me)
    router.history.push(to ?? paths.clients)
  }
  const passkey = usePasskeySignIn({ offers: !asksCode, onSignedIn: enter })
  const signIn = useMutation({
    mutationFn: () => {
      const { username, password, code } = form.values
      return call(auth.signIn, { body: { username: username.trim(), password, ...(asksCode && { code: code.trim() }) } })
    },
    onMutate: () => passkey.reset(),
    onSuccess: enter,
    onError: (error) => {
      if (form.refuse(error) || !(error instanceof ApiError)) return
      if (error.code === 'second_factor_required') setAsksCode(true)
      if (error.code === 'second_factor_refused') form.fail('code', error.message)
    },
  })
  const error = signIn.error ?? passkey.error
  const backToPassword = () => {
    setAsksCode(false)
    form.set({ password: '', code: '' })
    signIn.reset()
  }
  return (
    <AccessFrame
      title={asksCode ? 'Enter your code' : 'Sign in'}
      {...(asksCode && { lead: `Signing in as ${form.values.username.trim()}.` })}
      foot={
        asksCode ? (
          <Button variant="subtle" size="sm" onClick={backToPassword}>
            Sign in as somebody else
          </Button>
        ) : (
          <>
            New to Ledgersync? <Link to={paths.signUp}>Create your firm</Link>
          </>
        )
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) signIn.mutate()
        }}
      >
        {error && <Refusal error={error} />}
        {asksCode ? <CodeField field={form.text('code')} /> : <PasswordFields form={form} />}
        <Button type="submit" size="lg" variant="filled" loading={signIn.isPending}>
          Sign in
        </Button>
        {!asksCode && (
          <>
            <ActionButton
              size="lg"
              leftSection={<KeyRound size={16} aria-hidden />}
              loading={passkey.isPending}
              unavailable={passkeysUnavailable()}
              onClick={() => {
                signIn.reset()
                passkey.mutate(null)
              }}
            >
              Sign in with a passkey
            </ActionButton>
            <p className={styles.ways}>
              <Link to={paths.lostPassword}>Lost your password?</Link>
              <Link to={paths.forgotUsername}>Forgot your username?</Link>
            </p>
          </>
        )}
      </form>
    </AccessFrame>
  )
}

function PasswordFields({ form }: { form: Form<Values> }) {
  return (
    <>
      <TextInput
        label="Username"
        size="lg"
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        autoFocus
        {...form.text('username')}
      />
      <PasswordInput
        label="Password"
        size="lg"
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
        {...form.text('password')}
      />
    </>
  )
}

const told = new Set(['wrong_credentials', 'passkey_refused', 'too_many_requests', 'sign_in_locked'])
/** What stands at the field, or is the next step. */
const quiet = new Set(['invalid_field', 'second_factor_required', 'second_factor_refused'])

function Refusal({ error }: { error: Error }) {
  if (error instanceof ApiError && quiet.has(error.code)) return null
  if (error instanceof PasskeyFailure || (error instanceof ApiError && told.has(error.code))) {
    return (
      <Notice tone="bad" title="You are not signed in">
        {error.message}
      </Notice>
    )
  }
  return <ErrorState error={error} />
}

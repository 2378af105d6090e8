import { Button, PasswordInput, TextInput } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link, useRouter, useSearch } from '@tanstack/react-router'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { rememberMe } from '../../session.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import styles from './access.module.css'

const required = (values: { username: string; password: string }) => ({
  ...(values.username.trim() === '' && { username: 'Enter your username. It is your e-mail unless you changed it.' }),
  ...(values.password === '' && { password: 'Enter your password.' }),
})

/** Sign in, then go back to where one wanted to be. */
export function SignInPage() {
  const { to } = useSearch({ from: paths.signIn })
  const router = useRouter()
  const form = useForm({ username: '', password: '' }, required)
  const signIn = useMutation({
    mutationFn: () => call(auth.signIn, { body: { username: form.values.username.trim(), password: form.values.password } }),
    onSuccess: (me) => {
      rememberMe(me)
      router.history.push(to ?? paths.clients)
    },
    onError: (error) => form.refuse(error),
  })
  return (
    <AccessFrame
      title="Sign in"
      foot={
        <>
          New to Ledgersync? <Link to={paths.signUp}>Create your firm</Link>
        </>
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
        {signIn.error && <Refusal error={signIn.error} />}
        <TextInput
          label="Username"
          size="lg"
          autoComplete="username"
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
        <Button type="submit" size="lg" variant="filled" loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </AccessFrame>
  )
}

function Refusal({ error }: { error: Error }) {
  if (error instanceof ApiError && error.code === 'invalid_field') return null
  if (error instanceof ApiError && (error.code === 'wrong_credentials' || error.code === 'too_many_requests')) {
    return (
      <Notice tone="bad" title="You are not signed in">
        {error.message}
      </Notice>
    )
  }
  return <ErrorState error={error} />
}

import { Button, TextInput } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import styles from './access.module.css'

/** Has the usernames of an e-mail sent to it. The answer is the same whether or not there is one. */
export function ForgotUsernamePage() {
  const form = useForm({ email: '' }, ({ email }) =>
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? {} : { email: 'Enter the e-mail of your account, such as dana@yourfirm.example.' },
  )
  const email = form.values.email.trim()
  const send = useMutation({
    mutationFn: () => call(auth.recoverUsername, { body: { email } }),
    onError: (error) => form.refuse(error),
  })
  const foot = <Link to={paths.signIn}>Back to sign in</Link>
  if (send.isSuccess) {
    return (
      <AccessFrame title="Check your e-mail" foot={foot}>
        <p className={styles.lead}>If {email} belongs to an account, its username is on its way there.</p>
        <div className={styles.form}>
          <p>Nothing after a few minutes? Look at the spelling, or try another of your addresses.</p>
          <Button size="lg" onClick={() => send.reset()}>
            Try again
          </Button>
        </div>
      </AccessFrame>
    )
  }
  return (
    <AccessFrame title="Forgot your username" lead="We mail you the usernames of all accounts with your e-mail." foot={foot}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) send.mutate()
        }}
      >
        {send.error && Object.keys(form.errors).length === 0 && <ErrorState error={send.error} />}
        <TextInput label="E-mail" type="email" size="lg" autoComplete="email" maxLength={254} autoFocus {...form.text('email')} />
        <Button type="submit" size="lg" variant="filled" loading={send.isPending}>
          Send username
        </Button>
      </form>
    </AccessFrame>
  )
}

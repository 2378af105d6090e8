import { Button, PasswordInput, TextInput } from '@mantine/core'
import { auth, passwordMax, passwordMin } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { rememberMe } from '../../session.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import styles from './access.module.css'

interface Values {
  firmName: string
  name: string
  email: string
  password: string
}

/** The sentences of the form's own checks. Which mail services are refused, only the API knows. */
function validate({ firmName, name, email, password }: Values): Partial<Values> {
  const length = [...password].length
  return {
    ...(firmName.trim() === '' && { firmName: 'Enter the name of your firm, as clients know it.' }),
    ...(name.trim() === '' && { name: 'Enter your name. Clients see who asks them.' }),
    ...(!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) && { email: 'Enter your work e-mail, such as dana@yourfirm.example.' }),
    ...(length < passwordMin && { password: shortBy(length) }),
    ...(length > passwordMax && { password: `At most ${passwordMax} characters.` }),
  }
}

function shortBy(length: number): string {
  const missing = passwordMin - length
  return length === 0
    ? `Choose a password of at least ${passwordMin} characters.`
    : `${missing} more ${missing === 1 ? 'character' : 'characters'} needed.`
}

/** Creates the firm and its first administrator, who is then signed in. */
export function SignUpPage() {
  const navigate = useNavigate()
  const form = useForm<Values>({ firmName: '', name: '', email: '', password: '' }, validate)
  const signUp = useMutation({
    mutationFn: () => {
      const { firmName, name, email, password } = form.values
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
      return call(auth.signUp, { body: { firmName: firmName.trim(), name: name.trim(), email: email.trim(), password, timeZone } })
    },
    onSuccess: async (me) => {
      rememberMe(me)
      await navigate({ to: paths.clients })
    },
    onError: (error) => refuse(error),
  })
  const refuse = (error: unknown) => {
    if (form.refuse(error) || !(error instanceof ApiError)) return
    if (error.code === 'work_email_required') form.fail('email', error.message)
    if (error.code === 'weak_password') form.fail('password', error.message)
  }
  const onField = Object.keys(form.errors).length > 0
  return (
    <AccessFrame
      title="Create your firm"
      lead="Bank feeds from your clients, categorised and posted to QuickBooks."
      foot={
        <>
          Already with us? <Link to={paths.signIn}>Sign in</Link>
        </>
      }
    >
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) signUp.mutate()
        }}
      >
        {signUp.error && !onField && <ErrorState error={signUp.error} />}
        <TextInput label="Firm name" size="lg" autoComplete="organization" maxLength={120} autoFocus {...form.text('firmName')} />
        <TextInput label="Your name" size="lg" autoComplete="name" maxLength={120} {...form.text('name')} />
        <TextInput
          label="Work email"
          type="email"
          size="lg"
          autoComplete="email"
          description="Your firm's own domain, not a personal mail service. We send a code to it."
          {...form.text('email')}
        />
        <PasswordInput
          label="Password"
          size="lg"
          autoComplete="new-password"
          description={`${passwordMin} characters or more. A few unrelated words are strong and easy to keep; common passwords and your firm's name are refused.`}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
          {...form.text('password')}
        />
        <Button type="submit" size="lg" variant="filled" loading={signUp.isPending}>
          Create firm
        </Button>
      </form>
    </AccessFrame>
  )
}

import { Button, Radio, TextInput } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import styles from './access.module.css'

/** Has a link sent. Both ways are offered and the answer is the same, whoever asks: nobody learns what an account has. */
export function LostPasswordPage() {
  const form = useForm<{ username: string; channel: string }>({ username: '', channel: 'email' }, ({ username }) =>
    username.trim() === '' ? { username: 'Enter your username. It is your e-mail unless you changed it.' } : {},
  )
  const { username, channel } = form.values
  const send = useMutation({
    mutationFn: () => call(auth.recoverPassword, { body: { username: username.trim(), channel: channel === 'sms' ? 'sms' : 'email' } }),
    onError: (error) => form.refuse(error),
  })
  const foot = <Link to={paths.signIn}>Back to sign in</Link>
  if (send.isSuccess) {
    const isText = channel === 'sms'
    return (
      <AccessFrame title={isText ? 'Check your phone' : 'Check your e-mail'} foot={foot}>
        <p className={styles.lead}>
          {isText
            ? `If ${username.trim()} is a username with a verified phone, a text with a link is on its way to it.`
            : `If ${username.trim()} is a username, a link is on its way to its e-mail.`}{' '}
          The link works for 30 minutes.
        </p>
        <div className={styles.form}>
          <p>Nothing after a few minutes? Look at the spelling, or take the other way.</p>
          <Button size="lg" onClick={() => send.reset()}>
            Try again
          </Button>
        </div>
      </AccessFrame>
    )
  }
  return (
    <AccessFrame title="Lost your password" lead="We send you a link to choose a new one." foot={foot}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check()) send.mutate()
        }}
      >
        {send.error && Object.keys(form.errors).length === 0 && <ErrorState error={send.error} />}
        <TextInput
          label="Username"
          size="lg"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          autoFocus
          {...form.text('username')}
        />
        <Radio.Group label="Send the link by" value={channel} onChange={(value) => form.set({ channel: value })}>
          <div className={styles.choices}>
            <Radio value="email" label="E-mail" description="To the e-mail of your account" />
            <Radio value="sms" label="Text message" description="To the cell phone you verified on your account page" />
          </div>
        </Radio.Group>
        <Button type="submit" size="lg" variant="filled" loading={send.isPending}>
          Send link
        </Button>
        <p className={styles.ways}>
          <Link to={paths.forgotUsername}>Forgot your username?</Link>
        </p>
      </form>
    </AccessFrame>
  )
}

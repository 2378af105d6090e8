import { Button, PasswordInput, TextInput } from '@mantine/core'
import { passwordMax, passwordMin } from '@ledgersync/shared/auth'
import type { Output } from '@ledgersync/shared/endpoint'
import { staff } from '@ledgersync/shared/team'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { query } from '../../query.ts'
import { rememberMe } from '../../session.ts'
import { useForm } from '../../ui/form.ts'
import { ErrorState, Notice, SkeletonRows } from '../../ui/states.tsx'
import { AccessFrame } from '../access/access-frame.tsx'
import access from '../access/access.module.css'

const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/** The link of an invitation to a firm. The token stands behind the #, so it reaches no server log. */
export function JoinPage() {
  const token = useLocation({ select: (location) => location.hash.replace(/^#/, '') })
  const usable = tokenPattern.test(token)
  const found = useQuery({ ...query(staff.readInvite, { body: { token } }), enabled: usable, retry: false })
  if (!usable || found.isError) {
    return (
      <AccessFrame title="Join your firm" foot={<Link to={paths.signIn}>Sign in</Link>}>
        <div className={access.form}>
          {found.error ? (
            <ErrorState error={found.error} title="This link did not work" />
          ) : (
            <Notice tone="warn" title="This link is not complete">
              Copy the whole address from the e-mail, or ask whoever invited you for a new one.
            </Notice>
          )}
        </div>
      </AccessFrame>
    )
  }
  if (!found.data)
    return (
      <AccessFrame title="Join your firm">
        <SkeletonRows rows={4} />
      </AccessFrame>
    )
  return <JoinForm token={token} invite={found.data} />
}

interface Values {
  name: string
  username: string
  password: string
}

function validate({ name, username, password }: Values): Partial<Values> {
  const length = [...password].length
  return {
    ...(name.trim() === '' && { name: 'Enter your name. Clients see who asks them.' }),
    ...(username.trim() === '' && { username: 'Enter a username.' }),
    ...(length < passwordMin && { password: `Choose a password of at least ${passwordMin} characters.` }),
    ...(length > passwordMax && { password: `At most ${passwordMax} characters.` }),
  }
}

function JoinForm({ token, invite }: { token: string; invite: Output<typeof staff.readInvite> }) {
  const navigate = useNavigate()
  const form = useForm<Values>({ name: invite.name, username: invite.email, password: '' }, validate)
  const [taken, setTaken] = useState(false)
  const join = useMutation({
    mutationFn: () => {
      const { name, username, password } = form.values
      return call(staff.join, { body: { token, name: name.trim(), username: username.trim(), password } })
    },
    onSuccess: async (me) => {
      rememberMe(me)
      await navigate({ to: paths.clients })
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'username_taken') {
        setTaken(true)
        if (error.suggestion !== null) form.set({ username: error.suggestion })
      }
      if (form.refuse(error) || !(error instanceof ApiError)) return
      if (error.code === 'weak_password') form.fail('password', error.message)
    },
  })
  const onField = Object.keys(form.errors).length > 0
  return (
    <AccessFrame title={`Join ${invite.firmName}`} lead={`${invite.invitedBy} invited ${invite.email}.`}>
      <form
        className={access.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (form.check() && !join.isPending) join.mutate()
        }}
      >
        {join.error && !onField && <ErrorState error={join.error} />}
        <TextInput label="Your name" size="lg" autoComplete="name" maxLength={120} {...form.text('name')} />
        {taken && (
          <TextInput
            label="Username"
            size="lg"
            autoComplete="username"
            maxLength={254}
            description="You sign in at this firm with it. Your e-mail is the username of another account."
            {...form.text('username')}
          />
        )}
        <PasswordInput
          label="Password"
          size="lg"
          autoComplete="new-password"
          autoFocus
          description={`${passwordMin} characters or more. A few unrelated words are strong and easy to keep; common passwords and your firm's name are refused.`}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
          {...form.text('password')}
        />
        <Button type="submit" size="lg" variant="filled" loading={join.isPending}>
          Join
        </Button>
      </form>
    </AccessFrame>
  )
}

import { Button } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import { useMutation } from '@tanstack/react-query'
import { Link, useLocation } from '@tanstack/react-router'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { queryClient } from '../../query.ts'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { AccessFrame } from './access-frame.tsx'
import styles from './access.module.css'

const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/** The link of the verification e-mail. The token stands behind the #, so it reaches no server log; a tap verifies, since mail scanners open links. */
export function VerifyLinkPage() {
  const token = useLocation({ select: (location) => location.hash.replace(/^#/, '') })
  const verify = useMutation({
    mutationFn: () => call(auth.verifyEmailLink, { body: { token } }),
    onSuccess: () => queryClient.clear(),
  })
  const home = (
    <Button size="lg" variant="filled" renderRoot={(props) => <Link to={paths.clients} {...props} />}>
      Go to your clients
    </Button>
  )
  if (verify.isSuccess) {
    return (
      <AccessFrame title="E-mail verified" lead="You can invite clients now.">
        <div className={styles.form}>{home}</div>
      </AccessFrame>
    )
  }
  const usable = tokenPattern.test(token)
  return (
    <AccessFrame title="Verify your e-mail" lead={usable ? 'One tap, and you can invite clients.' : ''}>
      <div className={styles.form}>
        {verify.error && <ErrorState error={verify.error} title="This link did not work" />}
        {usable ? (
          <Button size="lg" variant="filled" loading={verify.isPending} onClick={() => verify.mutate()}>
            Verify e-mail
          </Button>
        ) : (
          <>
            <Notice tone="warn" title="This link is not complete">
              Copy the whole address from the e-mail, or sign in and type the six digits.
            </Notice>
            {home}
          </>
        )}
      </div>
    </AccessFrame>
  )
}

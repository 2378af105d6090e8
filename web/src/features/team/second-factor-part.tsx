import { auth } from '@ledgersync/shared/auth'
import { staff, type TeamMember } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { asksIdentity, asMyself } from '../account/identity.tsx'
import styles from './team.module.css'

/** Whether a colleague has a second factor and passkeys, and how they are taken from who has lost phone and recovery codes. */
export function SecondFactorPart({ person }: { person: TeamMember }) {
  const isSelf = useMe().staff.id === person.id
  const { secondFactorSince: since, passkeyCount } = person
  const what = [...(since === null ? [] : ['second factor']), ...(passkeyCount > 0 ? ['passkeys'] : [])].join(' and ')
  const remove = useMutation({
    mutationFn: () => asMyself(() => call(auth.resetSecondFactor, { params: { staffId: person.id } })),
    onSuccess: async () => {
      toast({ title: `${person.name} has no ${what} now`, detail: 'Their sessions ended, and a mail tells them what to do next.' })
      await invalidate([staff.team])
    },
    onError: (error) => {
      if (!asksIdentity(error)) toastError(error, `${person.name} keeps ${what}: nothing was removed`)
    },
  })
  const ask = async () => {
    const yes = await confirm({
      title: `Remove the ${what} of ${person.name}?`,
      body: `Do this only when ${person.name} has asked you in person or by a call you made: whoever knows their password gets in without the phone. Their sessions end, and a mail tells them.`,
      confirm: `Remove ${what}`,
      keep: 'Keep it',
      final: true,
    })
    if (yes) remove.mutate()
  }
  return (
    <section className={styles.part} aria-labelledby="person-factor">
      <h3 id="person-factor">Second factor</h3>
      {since === null ? (
        <p className={styles.quiet}>Not set. {isSelf ? 'You set yours' : 'They set it themselves'} on the account page.</p>
      ) : (
        <p>
          <Badge tone="ok">On</Badge> since <DateTime at={since} shape="date" />
        </p>
      )}
      {passkeyCount > 0 && <p>{passkeyCount === 1 ? 'One passkey opens' : `${passkeyCount} passkeys open`} the account without it.</p>}
      {what !== '' && (
        <div>
          <ActionButton
            loading={remove.isPending}
            unavailable={isSelf ? 'Remove your own on your account page.' : null}
            onClick={() => void ask()}
          >
            Lost phone: remove {what}…
          </ActionButton>
        </div>
      )}
    </section>
  )
}

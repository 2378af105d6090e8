import { Button } from '@mantine/core'
import type { InviteState } from '@ledgersync/shared/client-states'
import type { Client } from '@ledgersync/shared/clients'
import { funnel } from '@ledgersync/shared/funnel'
import { type Invite, invites } from '@ledgersync/shared/invites'
import { messages } from '@ledgersync/shared/messages'
import type { DropReason } from '@ledgersync/shared/reach'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { formatWeekday } from '../../ui/time.ts'
import { toast, toastError } from '../../ui/toasts.tsx'
import { StepButtons } from '../funnel/step-button.tsx'
import { stepLabel, whatHappened, whyItHelps } from '../funnel/words.ts'
import { waitWords } from '../messages/words.ts'
import styles from './summary.module.css'

const channelWords: Record<Invite['channel'], string> = {
  sms: 'by text',
  email: 'by e-mail',
  both: 'by text and e-mail',
  copy: 'by copied link',
}
const over: readonly InviteState[] = ['failed', 'expired', 'superseded', 'revoked', 'connected']

/** How far the newest invite got, and what to do when it stands still. Nothing when there never was one. */
export function InviteProgress({ client }: { client: Client }) {
  const list = useQuery(query(invites.list, { params: { clientId: client.id } }))
  if (list.isError && !list.data)
    return <ErrorState error={list.error} title="We could not load the invite" onRetry={() => void list.refetch()} />
  const invite = list.data?.items[0]
  if (invite === undefined) return <NextStep clientId={client.id} />
  const waits = invite.messages.map(waitWords).find((words) => words !== null)
  return (
    <section className={styles.card} aria-label="Invite">
      <NextStep clientId={client.id} />
      <div className={styles.inviteHead}>
        <div>
          <strong>
            {invite.kind === 'repair' ? 'Asked to sign in again' : 'Invite'} {channelWords[invite.channel]}
          </strong>{' '}
          <span className={styles.quiet}>
            from {invite.createdBy}
            {!over.includes(invite.state) && <>, link valid until {formatWeekday(invite.expiresAt)}</>}
            {waits && `, ${waits}`}
            <Reminder invite={invite} />
          </span>
        </div>
        {!over.includes(invite.state) && (
          <span className={styles.inviteActions}>
            {invite.channel !== 'copy' && invite.times.sentAt !== null && <Remind invite={invite} client={client} />}
            <Revoke invite={invite} client={client} />
          </span>
        )}
      </div>
      <Steps invite={invite} />
    </section>
  )
}

/** What is known to have gone wrong is worth a step at once; who may still be at it gets the time. */
const soon: readonly (DropReason | null)[] = ['on_its_way', 'waits_for_morning', 'no_report', 'not_opened', 'no_bank', 'left_bank_list']

/** Why it stopped, and the next best step with its button; nothing while the client goes on. */
function NextStep({ clientId }: { clientId: string }) {
  const stuck = useQuery(query(funnel.nextStep, { params: { clientId } })).data?.next ?? null
  if (stuck === null || (!stuck.isStuck && soon.includes(stuck.reason))) return null
  const why = whyItHelps(stuck, stuck.best)
  const title = stuck.best === 'wait' ? stepLabel('wait', stuck) : `Next best step: ${lowerFirst(stepLabel(stuck.best, stuck))}`
  return (
    <div className={styles.advice}>
      <Notice tone={stuck.best === 'wait' ? 'info' : 'warn'} title={title} action={<StepButtons stuck={stuck} />}>
        {whatHappened(stuck)}.{why !== null && ` ${why}`}
      </Notice>
    </div>
  )
}

const lowerFirst = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1)

function Steps({ invite: { times, state } }: { invite: Invite }) {
  const steps = [
    { label: 'Sent', at: times.sentAt },
    { label: 'Delivered', at: times.deliveredAt },
    { label: 'Opened', at: times.openedAt },
    { label: 'Started', at: times.startedAt },
    { label: 'Bank chosen', at: times.bankChosenAt },
    { label: 'Connected', at: times.connectedAt },
  ]
  // Not every mail server and carrier reports a delivery: what lies before a reached step has been passed
  const reached = steps.findLastIndex(({ at }) => at !== null)
  return (
    <ol className={styles.steps}>
      {steps.map(({ label, at }, index) => {
        const done = index < reached || (index === reached && state === 'connected')
        return (
          <li
            key={label}
            data-reached={index <= reached}
            data-passed={index < reached}
            aria-current={index === reached ? 'step' : undefined}
          >
            <span className={styles.dot} data-done={done} data-now={index === reached && !done}>
              {done && <Check size={10} strokeWidth={3} aria-hidden />}
            </span>
            <span className={styles.stepLabel}>{label}</span>
            <span className={styles.quiet}>
              {at === null ? index < reached ? 'not reported' : <span className="visually-hidden">not yet</span> : <DateTime at={at} />}
            </span>
          </li>
        )
      })}
    </ol>
  )
}

/** When the client is reminded by itself, or was. */
function Reminder({ invite: { remindAt, remindAsked, times, state } }: { invite: Invite }) {
  const isAhead = remindAt !== null && !over.includes(state)
  if (isAhead && remindAsked)
    return (
      <>
        , asked to be reminded <DateTime at={remindAt} />
      </>
    )
  if (times.statementsAt !== null)
    return (
      <>
        , sent statements <DateTime at={times.statementsAt} shape="ago" />
      </>
    )
  if (times.remindedAt !== null)
    return (
      <>
        , reminded <DateTime at={times.remindedAt} shape="ago" />
      </>
    )
  return isAhead ? `, reminder on ${formatWeekday(remindAt)}` : null
}

function Remind({ invite, client }: { invite: Invite; client: Client }) {
  const remind = useMutation({
    mutationFn: () => call(invites.remind, { params: { clientId: client.id, inviteId: invite.id } }),
    onSuccess: async () => {
      toast({ title: 'Reminder on its way', detail: 'The link in it is valid for 5 days. Nothing more is sent on the third day.' })
      await invalidate([invites.list, messages.list])
    },
    onError: (error) => toastError(error, 'No reminder was sent'),
  })
  return (
    <Button size="sm" loading={remind.isPending} onClick={() => remind.mutate()}>
      Remind now
    </Button>
  )
}

function Revoke({ invite, client }: { invite: Invite; client: Client }) {
  const revoke = useMutation({
    mutationFn: () => call(invites.revoke, { params: { clientId: client.id, inviteId: invite.id } }),
    onSuccess: async () => {
      toast({ title: 'Invite revoked', detail: 'Its link stopped working.' })
      await invalidate([invites.list, messages.list])
    },
    onError: (error) => toastError(error, 'The invite was not revoked'),
  })
  const ask = async () => {
    const yes = await confirm({
      title: `Revoke the invite to ${client.businessName}?`,
      body: 'Its link stops working at once, and messages that wait are not sent. Banks already connected stay.',
      confirm: 'Revoke invite',
      keep: 'Keep invite',
      final: true,
    })
    if (yes) revoke.mutate()
  }
  return (
    <Button size="sm" variant="subtle" loading={revoke.isPending} onClick={() => void ask()}>
      Revoke
    </Button>
  )
}

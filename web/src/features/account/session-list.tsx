import { Button } from '@mantine/core'
import { auth, type Session } from '@ledgersync/shared/auth'
import { useMutation, useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'
import { browserName } from './browser-name.ts'
import styles from './account.module.css'

/** The person's sessions; every one but this can be ended here. */
export function SessionList() {
  const list = useQuery(query(auth.listSessions))
  if (list.isError && !list.data)
    return <ErrorState error={list.error} title="We could not load your sessions" onRetry={() => void list.refetch()} />
  if (!list.data) return <SkeletonRows rows={3} height={56} />
  if (list.data.items.length === 0) return <EmptyState title="No sessions">Sign in again to see this browser here.</EmptyState>
  return (
    <>
      <ul className={styles.sessions} aria-label="Sessions">
        {list.data.items.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      {list.data.items.length > 1 && <EndOthers count={list.data.items.length - 1} />}
    </>
  )
}

function EndOthers({ count }: { count: number }) {
  const end = useMutation({
    mutationFn: () => call(auth.revokeOtherSessions),
    onSuccess: async () => {
      toast({ title: 'Other sessions ended', detail: 'Only this browser is still signed in.' })
      await invalidate([auth.listSessions])
    },
    onError: (error) => toastError(error, 'The sessions were not ended'),
  })
  const ask = async () => {
    const yes = await confirm({
      title: count === 1 ? 'End the other session?' : `End ${count} other sessions?`,
      body: 'Those browsers are signed out at once. What was saved there is safe.',
      confirm: count === 1 ? 'End session' : `End ${count} sessions`,
      keep: 'Keep them',
      final: true,
    })
    if (yes) end.mutate()
  }
  return (
    <Button size="sm" mt={12} loading={end.isPending} onClick={() => void ask()}>
      End all other sessions
    </Button>
  )
}

function SessionRow({ session: { id, userAgent, ip, createdAt, lastActiveAt, current } }: { session: Session }) {
  const name = browserName(userAgent)
  const revoke = useMutation({
    mutationFn: () => call(auth.revokeSession, { params: { sessionId: id } }),
    onSuccess: async () => {
      toast({ title: 'Session ended', detail: `${name} is signed out.` })
      await invalidate([auth.listSessions])
    },
    onError: (error) => toastError(error, 'The session was not ended'),
  })
  const ask = async () => {
    const yes = await confirm({
      title: `End the session on ${name}?`,
      body: 'That browser is signed out at once. What was saved there is safe.',
      confirm: 'End session',
      keep: 'Keep session',
      final: true,
    })
    if (yes) revoke.mutate()
  }
  return (
    <li>
      <div className={styles.session}>
        <div className={styles.sessionName}>
          <strong title={userAgent}>{name}</strong>
          {current && <Badge tone="moving">This browser</Badge>}
        </div>
        <div className={styles.quiet}>
          {ip} · signed in <DateTime at={createdAt} /> · last active <DateTime at={lastActiveAt} shape="ago" />
        </div>
      </div>
      {!current && (
        <Button size="sm" aria-label={`Revoke the session on ${name}`} loading={revoke.isPending} onClick={() => void ask()}>
          Revoke
        </Button>
      )}
    </li>
  )
}

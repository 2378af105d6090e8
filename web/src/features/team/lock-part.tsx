import { Button } from '@mantine/core'
import { auth } from '@ledgersync/shared/auth'
import type { TeamMember } from '@ledgersync/shared/team'
import { useMutation, useQuery } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { Notice } from '../../ui/states.tsx'
import { toast, toastError } from '../../ui/toasts.tsx'

const minutes = (seconds: number): string => {
  const count = Math.ceil(seconds / 60)
  return count === 1 ? 'a minute' : `${count} minutes`
}

/** Says that a colleague's sign-in is closed after wrong tries, and opens it. Nothing while it is open. */
export function LockPart({ person }: { person: TeamMember }) {
  const locks = useQuery({ ...query(auth.listLocks), staleTime: 0 })
  const unlock = useMutation({
    mutationFn: () => call(auth.unlock, { params: { staffId: person.id } }),
    onSuccess: async () => {
      toast({ title: `${person.name} can sign in again` })
      await invalidate([auth.listLocks])
    },
    onError: (error) => toastError(error, `${person.name} was not unlocked`),
  })
  const lock = locks.data?.items.find(({ staffId }) => staffId === person.id)
  if (lock === undefined) return null
  const until = lock.waitSeconds === null ? 'until you unlock it or they recover the password' : `for ${minutes(lock.waitSeconds)} more`
  return (
    <Notice
      tone="warn"
      title="Locked out"
      action={
        <Button size="sm" loading={unlock.isPending} onClick={() => unlock.mutate()}>
          Unlock
        </Button>
      }
    >
      {lock.guesses} wrong tries in a row closed sign-in {until}. Ask {person.name} whether it was them.
    </Notice>
  )
}

import { auth, type Me } from '@ledgersync/shared/auth'
import { type Permission, permissionMissing } from '@ledgersync/shared/permissions'
import { useSuspenseQuery } from '@tanstack/react-query'
import { query, queryClient } from './query.ts'
import { setShownZone } from './ui/time.ts'

const me = query(auth.me)

/** Who is signed in. Only below the signed-in layout, whose loader has fetched it. */
export function useMe(): Me {
  return useSuspenseQuery(me).data
}

/** Why the signed-in person may not do this bulk work; null when they may. */
export function useMissingPermission(permission: Permission): string | null {
  const { role, permissions } = useMe().staff
  return role === 'administrator' || permissions.includes(permission) ? null : permissionMissing(permission)
}

/** Fetches who is signed in, and from then on shows times in their zone. Throws ApiError `unauthenticated`. */
export async function loadMe(): Promise<Me> {
  const found = await queryClient.ensureQueryData(me)
  setShownZone(found.staff.timeZone)
  return found
}

/** Begins with a clean memory, so that nothing of another person stays, and remembers who is signed in now. */
export function rememberMe(found: Me): void {
  queryClient.clear()
  queryClient.setQueryData(me.queryKey, found)
  setShownZone(found.staff.timeZone)
}

/** Takes a changed answer about the person themselves. */
export function updateMe(found: Me): void {
  queryClient.setQueryData(me.queryKey, found)
}

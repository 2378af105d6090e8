import { Button } from '@mantine/core'
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { paths } from '../paths.ts'
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx'
import styles from './shell.module.css'

/** A page whose data could not be fetched. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <div className={styles.routeState}>
      <ErrorState
        error={error}
        onRetry={() => {
          reset()
          void router.invalidate()
        }}
      />
    </div>
  )
}

/** A page on its way. */
export function RoutePending() {
  return <SkeletonRows rows={10} />
}

/** An address that leads nowhere. */
export function RouteMissing() {
  return (
    <EmptyState
      icon={SearchX}
      title="There is nothing at this address"
      actions={
        <Button variant="filled" renderRoot={(props) => <Link to={paths.clients} {...props} />}>
          Go to Clients
        </Button>
      }
    >
      It may have been moved or removed.
    </EmptyState>
  )
}

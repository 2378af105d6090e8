import { Button } from '@mantine/core'
import { audit, type AuditCheck } from '@ledgersync/shared/audit'
import { useMutation, useQuery } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { call } from '../../api.ts'
import { invalidate, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { formatCount } from '../../ui/money.tsx'
import { Notice } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import styles from './audit.module.css'

/** Whether the log is as it was written: the newest check, and a button for another. */
export function CheckPanel() {
  const found = useQuery({
    ...query(audit.checks),
    // Live events tell how far it is; this is for when they do not come
    refetchInterval: ({ state }) => (state.data?.check?.finishedAt === null ? 3_000 : false),
  })
  const start = useMutation({
    mutationFn: () => call(audit.check),
    onSuccess: () => invalidate([audit.checks]),
    onError: (error) => toastError(error, 'The check did not begin'),
  })
  const check = found.data?.check ?? null
  const running = check !== null && check.finishedAt === null
  return (
    <div className={styles.check}>
      <div className={styles.checkLine}>
        <ShieldCheck size={16} aria-hidden />
        <span role="status" className={styles.checkWords}>
          {found.data && <Words check={check} />}
          {found.isError && 'We could not read the newest check.'}
        </span>
        <Button size="sm" loading={start.isPending || running} onClick={() => start.mutate()}>
          Check now
        </Button>
      </div>
      {check?.ok === false && (
        <Notice tone="bad" title="The log does not add up">
          {check.problem}. Entries were changed or removed outside of Ledgersync. Keep a copy of the database and call support.
        </Notice>
      )}
    </div>
  )
}

function Words({ check }: { check: AuditCheck | null }) {
  if (check === null) return <>Never checked. A check proves that no entry was changed, removed or moved.</>
  if (check.finishedAt === null) return <>Checking: {formatCount(check.checked)} entries so far. You can leave this page.</>
  return (
    <>
      {check.ok === true ? <Badge tone="ok">Unbroken</Badge> : <Badge tone="bad">Broken</Badge>} {formatCount(check.entries ?? 0)} entries
      checked <DateTime at={check.finishedAt} />
      {(check.waiting ?? 0) > 0 && `, ${formatCount(check.waiting ?? 0)} newer ones wait for their seal`}. Asked for by {check.requestedBy}.
    </>
  )
}

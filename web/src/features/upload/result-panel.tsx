import { Button } from '@mantine/core'
import { type Upload } from '@ledgersync/shared/uploads'
import { Link } from '@tanstack/react-router'
import { paths } from '../../paths.ts'
import { Count } from '../../ui/money.tsx'
import { Progress } from '../../ui/progress.tsx'
import { BadRowsButton } from './bad-rows-button.tsx'
import styles from './upload.module.css'

/** How far the upload is, and then what became of it. */
export function ResultPanel({ upload: { id, state, run } }: { upload: Upload }) {
  if (run === null) return null
  const { progress, created, updated, unchanged, skipped, invited, notInvited, invite } = run
  if (state === 'queued') {
    return (
      <div className={styles.panel} role="status">
        <h2>Adding clients</h2>
        <Progress done={progress.done} total={progress.total} label="Rows" />
        <p className={styles.hint}>All of them stand at once, or none. You can leave this page.</p>
      </div>
    )
  }
  return (
    <div className={styles.panel}>
      <h2>{state === 'done' ? 'The list is added' : 'The clients are added'}</h2>
      <dl className={styles.figures}>
        <Figure label="Added" value={created} />
        <Figure label="Changed" value={updated} />
        <Figure label="No change" value={unchanged} />
        <Figure label="Left out" value={skipped} />
        {invite !== 'none' && <Figure label="Invited" value={invited} />}
        {notInvited > 0 && <Figure label="Not invited" value={notInvited} />}
      </dl>
      {state === 'inviting' && (
        <div role="status" className={styles.choices}>
          <h2>Inviting them</h2>
          <Progress done={progress.done} total={progress.total} label="Invites" />
          <p className={styles.hint}>You can leave this page.</p>
        </div>
      )}
      {skipped > 0 && <BadRowsButton uploadId={id} />}
      <Button variant="filled" renderRoot={(props) => <Link to={paths.clients} {...props} />}>
        Go to the Client List
      </Button>
    </div>
  )
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <Count value={value} />
      </dd>
    </>
  )
}

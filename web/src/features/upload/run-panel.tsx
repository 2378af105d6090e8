import type { InviteChannel } from '@ledgersync/shared/clients'
import { type BadRows, type Upload, uploads } from '@ledgersync/shared/uploads'
import { useMutation } from '@tanstack/react-query'
import { Mail, MessageSquareText, MessagesSquare, UserX } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { useMe } from '../../session.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { ChoiceCards } from '../clients/choice-cards.tsx'
import { BadRowsButton } from './bad-rows-button.tsx'
import styles from './upload.module.css'
import { counted } from './words.ts'

/** What is to become of the checked rows: of those with errors, of the invites, and the button that does it. */
export function RunPanel({ upload }: { upload: Upload }) {
  const { id, counts, refusal } = upload
  const { staff } = useMe()
  const [badRows, setBadRows] = useState<BadRows>('refuse')
  const [invite, setInvite] = useState<InviteChannel>('none')
  const run = useMutation({
    mutationFn: () => call(uploads.run, { params: { uploadId: id }, body: { badRows: counts.bad === 0 ? 'refuse' : badRows, invite } }),
    onSuccess: () => invalidate([uploads.get, uploads.rows, uploads.list]),
  })
  const closed = staff.emailVerified ? null : 'Verify your own e-mail first'
  return (
    <form
      className={styles.panel}
      onSubmit={(event) => {
        event.preventDefault()
        run.mutate()
      }}
    >
      {refusal !== null && (
        <Notice tone="bad" title="The list was not added">
          {refusal}
        </Notice>
      )}
      {counts.bad > 0 && (
        <div className={styles.choices}>
          <ChoiceCards
            label={`${counted(counts.bad, 'row')} with errors`}
            name="badRows"
            value={badRows}
            onChange={setBadRows}
            choices={[
              { value: 'refuse', name: 'All or nothing', detail: 'Correct them first; nothing is added before.' },
              { value: 'skip', name: 'Leave them out', detail: 'Add the others. Download these and upload them later.' },
            ]}
          />
          <BadRowsButton uploadId={id} />
        </div>
      )}
      {counts.create > 0 && (
        <div className={styles.choices}>
          <ChoiceCards
            small
            label="Invite the new clients"
            name="invite"
            value={invite}
            onChange={setInvite}
            choices={[
              { value: 'none', name: 'None', icon: <UserX size={16} aria-hidden /> },
              { value: 'sms', name: 'SMS', icon: <MessageSquareText size={16} aria-hidden />, closed },
              { value: 'email', name: 'Email', icon: <Mail size={16} aria-hidden />, closed },
              { value: 'both', name: 'Both', icon: <MessagesSquare size={16} aria-hidden />, closed },
            ]}
          />
          <p className={styles.hint}>
            {closed === null
              ? 'Clients whose bank login you have are not invited. Tell the others first that a link is coming.'
              : `${closed}: your clients get messages in your name.`}
          </p>
        </div>
      )}
      {run.isError && <ErrorState error={run.error} title="The list was not added" />}
      <ActionButton type="submit" variant="filled" loading={run.isPending} unavailable={whyNot(upload, badRows)}>
        {actionOf(upload)}
      </ActionButton>
    </form>
  )
}

function whyNot({ counts: { bad, rows } }: Upload, badRows: BadRows): string | null {
  if (bad === rows) return 'Every row has an error. Correct one first.'
  return bad > 0 && badRows === 'refuse' ? 'Correct the rows with errors, or choose to leave them out.' : null
}

function actionOf({ counts: { create, update } }: Upload): string {
  if (create === 0 && update === 0) return 'Finish without a change'
  if (create === 0) return `Change ${counted(update, 'client')}`
  return update === 0 ? `Add ${counted(create, 'client')}` : `Add ${counted(create, 'client')}, change ${counted(update, 'client')}`
}

import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type Upload, uploads } from '@ledgersync/shared/uploads'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { useAddress } from '../../address.ts'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { confirm } from '../../ui/confirm.tsx'
import { Page, PageTabs } from '../../ui/page.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { MatchColumns } from './match-columns.tsx'
import { Preview } from './preview.tsx'
import { RunPanel } from './run-panel.tsx'
import { ResultPanel } from './result-panel.tsx'
import styles from './upload.module.css'
import { stateWords } from './words.ts'

/** One list from its columns to its clients: match, look through and correct, add, see what became of it. */
export function UploadPage() {
  const { uploadId } = useParams({ from: '/app/clients/upload/$uploadId' })
  const { data: upload } = useSuspenseQuery(query(uploads.get, { params: { uploadId } }))
  // Below the rows nobody would find it
  const narrow = useMediaQuery('(max-width: 1199px)', false, { getInitialValueInEffect: false })
  const [{ only, step }, change] = useAddress(['only', 'step'] as const)
  const { label, tone } = stateWords[upload.state]
  const isMatching = upload.state === 'matching' || (upload.state === 'ready' && step === 'columns')
  const common = {
    title: upload.fileName,
    aside: <Badge tone={tone}>{label}</Badge>,
    actions: <PageActions upload={upload} isMatching={isMatching} />,
  }
  if (isMatching) {
    return (
      <Page {...common}>
        <MatchColumns key={upload.id} upload={upload} onMatched={() => change({ step: undefined, only: undefined })} />
      </Page>
    )
  }
  const views = viewsOf(upload)
  const panel = upload.state === 'ready' ? <RunPanel upload={upload} /> : <ResultPanel upload={upload} />
  const view = views.find((each) => each.only === only) ?? views[0]
  return (
    <Page
      {...common}
      flush
      tabs={
        <PageTabs
          label="Rows"
          tabs={views.map((each) => ({
            label: each.label,
            count: each.count,
            current: each === view,
            to: paths.upload,
            params: { uploadId },
            search: { only: each.only },
          }))}
        />
      }
      {...(!narrow && { panel })}
    >
      {narrow && <div className={styles.above}>{panel}</div>}
      {view && <Preview upload={upload} only={view.only} />}
    </Page>
  )
}

interface View {
  only: 'all' | 'bad' | 'create' | 'update' | 'nothing' | 'not_invited'
  label: string
  count: number
}

/** What has to be corrected comes first, when there is any. */
function viewsOf({ counts: { rows, bad, create, update, nothing }, run, state }: Upload): View[] {
  const isDone = state === 'inviting' || state === 'done'
  const errors: View = { only: 'bad', label: isDone ? 'Left out' : 'With errors', count: bad }
  const notInvited = run?.notInvited ?? 0
  return [
    ...(bad > 0 ? [errors] : []),
    { only: 'all', label: 'All rows', count: rows },
    { only: 'create', label: isDone ? 'Added' : 'New', count: create },
    { only: 'update', label: isDone ? 'Changed' : 'Changes', count: update },
    ...(nothing > 0 ? [{ only: 'nothing', label: 'No change', count: nothing } as const] : []),
    ...(notInvited > 0 ? [{ only: 'not_invited', label: 'Not invited', count: notInvited } as const] : []),
  ]
}

function PageActions({ upload, isMatching }: { upload: Upload; isMatching: boolean }) {
  return (
    <>
      {upload.state === 'ready' && !isMatching && (
        <Button renderRoot={(props) => <Link to={paths.upload} params={{ uploadId: upload.id }} search={{ step: 'columns' }} {...props} />}>
          Change columns
        </Button>
      )}
      {upload.state !== 'queued' && upload.state !== 'inviting' && <Remove upload={upload} />}
    </>
  )
}

function Remove({ upload: { id, fileName, state } }: { upload: Upload }) {
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => call(uploads.remove, { params: { uploadId: id } }),
    onSuccess: async () => {
      await navigate({ to: paths.uploads })
      await invalidate([uploads.list])
    },
    onError: (error) => toastError(error, `${fileName} was not deleted`),
  })
  const ask = async () => {
    const body =
      state === 'done'
        ? 'The rows that were left out go with it. The clients that were added stay.'
        : 'Nothing of it was added. Your file stays where it is.'
    if (await confirm({ title: `Delete ${fileName}?`, body, confirm: 'Delete list', keep: 'Keep list' })) remove.mutate()
  }
  return (
    <Button leftSection={<Trash2 size={14} aria-hidden />} loading={remove.isPending} onClick={() => void ask()}>
      Delete list
    </Button>
  )
}

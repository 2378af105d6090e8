import { Button } from '@mantine/core'
import { uploadBytesMax, uploadKeptDays, uploadRowsMax } from '@ledgersync/shared/upload-limits'
import { type Upload, uploads } from '@ledgersync/shared/uploads'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate, query } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import type { CardParts } from '../../ui/data-cards.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { DateTime } from '../../ui/date-time.tsx'
import { DropFiles } from '../../ui/drop-files.tsx'
import { Count, formatCount } from '../../ui/money.tsx'
import { Page } from '../../ui/page.tsx'
import { EmptyState, ErrorState, Notice } from '../../ui/states.tsx'
import { toastError } from '../../ui/toasts.tsx'
import { readBase64, saveFile, whyNotSent } from './files.ts'
import styles from './upload.module.css'
import { stateWords } from './words.ts'

/** Where a list of clients begins: the file, the template, and the lists of the last days. */
export function UploadsPage() {
  const list = useQuery(query(uploads.list))
  return (
    <Page title="Upload clients" flush>
      <div className={styles.outside}>
        <div className={styles.sections}>
          <DropFile />
          <Template />
        </div>
      </div>
      <div className={styles.outside}>
        <h2>Lists of the last {uploadKeptDays} days</h2>
      </div>
      <DataTable
        label="Uploads"
        columns={columns}
        rows={list.data?.items}
        rowKey={(row) => row.id}
        card={card}
        minWidth={640}
        error={
          list.isError &&
          !list.data && <ErrorState error={list.error} title="We could not load your lists" onRetry={() => void list.refetch()} />
        }
        empty={
          <EmptyState title="No lists yet">A file you upload is kept for {uploadKeptDays} days, so that you can go on later.</EmptyState>
        }
      />
    </Page>
  )
}

const columns: Column<Upload>[] = [
  { id: 'file', header: 'File', cell: (row) => <UploadLink upload={row} /> },
  { id: 'state', header: 'State', width: '180px', cell: (row) => <State upload={row} /> },
  { id: 'rows', header: 'Rows', width: '90px', align: 'end', cell: ({ counts }) => <Count value={counts.rows} /> },
  { id: 'by', header: 'Uploaded by', width: '20%', cell: (row) => row.createdBy },
  { id: 'at', header: 'Uploaded', width: '120px', align: 'end', cell: (row) => <DateTime at={row.createdAt} shape="ago" /> },
]

const card = (row: Upload): CardParts => ({
  title: <UploadLink upload={row} />,
  state: <State upload={row} />,
  meta: row.createdBy,
  figures: `${formatCount(row.counts.rows)} rows`,
})

function UploadLink({ upload: { id, fileName } }: { upload: Upload }) {
  return (
    <Link to={paths.upload} params={{ uploadId: id }} title={fileName}>
      {fileName}
    </Link>
  )
}

function State({ upload: { state } }: { upload: Upload }) {
  const { label, tone } = stateWords[state]
  return <Badge tone={tone}>{label}</Badge>
}

/** Takes a file that is dropped or chosen, has it read, and goes on to its columns. */
function DropFile() {
  const navigate = useNavigate()
  const [refused, setRefused] = useState<string | null>(null)
  const send = useMutation({
    mutationFn: async (file: File) => call(uploads.create, { body: { fileName: file.name, content: await readBase64(file) } }),
    onSuccess: async (upload) => {
      await invalidate([uploads.list])
      await navigate({ to: paths.upload, params: { uploadId: upload.id } })
    },
  })
  const take = (file: File | undefined) => {
    if (file === undefined || send.isPending) return
    const why = whyNotSent(file)
    setRefused(why)
    if (why === null) send.mutate(file)
  }
  return (
    <section className={styles.section} aria-label="File">
      <DropFiles
        label="Choose a list of clients"
        title={send.isPending ? `Reading ${send.variables.name}…` : 'Drop a list of clients here'}
        choose="choose a file"
        hint={`XLSX or CSV, at most ${formatCount(uploadRowsMax)} rows and ${uploadBytesMax / 1024 / 1024} MB. Nothing is added before you have seen it.`}
        accept=".csv,.tsv,.txt,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        onFiles={([file]) => take(file)}
      />
      {refused !== null && (
        <Notice tone="bad" title="This file was not sent">
          {refused}
        </Notice>
      )}
      {refused === null && send.isError && <ErrorState error={send.error} title={`${send.variables.name} was not uploaded`} />}
    </section>
  )
}

function Template() {
  const fetchFile = useMutation({
    mutationFn: (format: 'csv' | 'xlsx') => call(uploads.template, { query: { format } }),
    onSuccess: saveFile,
    onError: (error) => toastError(error, 'The template was not downloaded'),
  })
  return (
    <section className={styles.section}>
      <h2>Or begin with the template</h2>
      <div className={styles.row}>
        {(['xlsx', 'csv'] as const).map((format) => (
          <Button
            key={format}
            leftSection={<Download size={14} aria-hidden />}
            loading={fetchFile.isPending && fetchFile.variables === format}
            onClick={() => fetchFile.mutate(format)}
          >
            Template as {format.toUpperCase()}
          </Button>
        ))}
        <span className={styles.hint}>Every column, an example row and notes. Columns may stand in any order or be left out.</span>
      </div>
    </section>
  )
}

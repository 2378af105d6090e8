import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type Upload, type UploadRow, uploadFieldWords, uploads } from '@ledgersync/shared/uploads'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useLayoutEffect, useRef } from 'react'
import { paths } from '../../paths.ts'
import { pages } from '../../query.ts'
import { Badge } from '../../ui/badge.tsx'
import { EmptyState, ErrorState, SkeletonRows } from '../../ui/states.tsx'
import { EditableCell } from './editable-cell.tsx'
import { focusProblemAfter } from './rows-shown.ts'
import styles from './upload.module.css'
import { actionWords, outcomeWords } from './words.ts'

type Only = 'all' | 'bad' | 'create' | 'update' | 'nothing' | 'not_invited'

const rowsAtOnce = 100

const nothing: Record<Only, string> = {
  all: 'No rows',
  bad: 'No row has an error',
  create: 'No row adds a client',
  update: 'No row changes a client',
  nothing: 'Every row changes something',
  not_invited: 'Every invite was made',
}

/** The rows with what each does and what is wrong at which cell; cells are corrected in place. */
export function Preview({ upload, only }: { upload: Upload; only: Only }) {
  const narrow = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const list = useInfiniteQuery(pages(uploads.rows, { params: { uploadId: upload.id }, query: { only, limit: rowsAtOnce } }))
  const rows = list.data?.pages.flatMap((page) => page.items)
  const corrected = useRef<number | null>(null)
  // A row that was corrected leaves the list of those with errors, and takes the focus along
  useLayoutEffect(() => {
    const left = corrected.current
    if (left === null || rows === undefined || rows.some(({ row }) => row === left)) return
    corrected.current = null
    focusProblemAfter(left)
  })
  if (rows === undefined) {
    return list.isError ? (
      <div className={styles.outside}>
        <ErrorState error={list.error} title="We could not load the rows" onRetry={() => void list.refetch()} />
      </div>
    ) : (
      <SkeletonRows />
    )
  }
  if (rows.length === 0) return <EmptyState title={nothing[only]} />
  const onSave = (row: number) => {
    corrected.current = row
  }
  const shown = { upload, rows, columns: matchedColumns(upload, rows), onSave }
  return (
    <>
      {narrow ? <Cards {...shown} /> : <Grid {...shown} />}
      {list.hasNextPage && (
        <div className={styles.outside}>
          <Button size="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more rows
          </Button>
        </div>
      )}
    </>
  )
}

interface MatchedColumn {
  column: number
  label: string
}

/** Columns that are used, in the order of the file. Of rows that were written only the client is left. */
function matchedColumns({ columns }: Upload, rows: readonly UploadRow[]): MatchedColumn[] {
  if (rows.every(({ cells }) => cells.length === 0)) return []
  return columns.flatMap(({ field }, column) => (field === null ? [] : [{ column, label: uploadFieldWords[field].label }]))
}

interface ShownRows {
  upload: Upload
  rows: UploadRow[]
  columns: MatchedColumn[]
  onSave: (row: number) => void
}

function Grid({ upload, rows, columns, onSave }: ShownRows) {
  return (
    <div className={styles.scroll}>
      <table className={styles.grid} aria-label="Rows">
        <thead>
          <tr>
            <th scope="col">Row</th>
            <th scope="col">{upload.state === 'ready' ? 'What it does' : 'What became of it'}</th>
            {columns.map(({ column, label }) => (
              <th key={column} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.row}>
              <td className={styles.number}>{row.row}</td>
              <td>
                <What row={row} />
              </td>
              {columns.map((column) => (
                <td key={column.column}>
                  <CellOf upload={upload} row={row} column={column} onSave={onSave} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cards({ upload, rows, columns, onSave }: ShownRows) {
  return (
    <ul className={styles.cards} aria-label="Rows">
      {rows.map((row) => (
        <li key={row.row} className={styles.card}>
          <div className={styles.cardHead}>
            <span className={styles.hint}>Row {row.row}</span>
          </div>
          <What row={row} />
          {row.cells.length > 0 && (
            <dl className={styles.section}>
              {columns.map((column) => (
                <div key={column.column} className={styles.cardField}>
                  <dt>{column.label}</dt>
                  <dd>
                    <CellOf upload={upload} row={row} column={column} onSave={onSave} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </li>
      ))}
    </ul>
  )
}

/** What uploading the row does, or what became of it, with what concerns all of it. */
function What({ row: { action, outcome, client, problems, warning, inviteReason } }: { row: UploadRow }) {
  return (
    <div className={styles.what}>
      <span>
        {outcome !== null ? (
          <Badge tone={outcomeWords[outcome].tone}>{outcomeWords[outcome].label}</Badge>
        ) : action === null ? (
          <Badge tone="bad">Error</Badge>
        ) : (
          <Badge tone={action === 'nothing' ? 'neutral' : 'moving'}>{actionWords[action]}</Badge>
        )}
      </span>
      {client && (
        <Link to={paths.client} params={{ clientId: client.id }}>
          {client.businessName}
        </Link>
      )}
      {problems.flatMap(({ column, message }) =>
        column === null ? (
          <span key={message} className={styles.problem}>
            {message}
          </span>
        ) : (
          []
        ),
      )}
      {warning !== null && <span className={styles.warning}>{warning}</span>}
      {inviteReason !== null && <span className={styles.problem}>Not invited: {inviteReason}</span>}
    </div>
  )
}

interface CellOfProps {
  upload: Upload
  row: UploadRow
  column: MatchedColumn
  onSave: (row: number) => void
}

function CellOf({ upload, row, column: { column, label }, onSave }: CellOfProps) {
  const value = row.cells[column] ?? ''
  const problem = row.problems.find((each) => each.column === column)?.message ?? null
  const change = row.changes.find((each) => each.column === column)
  if (upload.state === 'ready')
    return (
      <>
        <EditableCell uploadId={upload.id} row={row.row} column={column} label={label} value={value} problem={problem} onSave={onSave} />
        {change && <span className={styles.was}>{change.before === '' ? 'Was empty' : `Was ${change.before}`}</span>}
      </>
    )
  return (
    <>
      <span className={styles.fixed} title={value}>
        {value}
      </span>
      {problem !== null && <span className={styles.problem}>{problem}</span>}
    </>
  )
}

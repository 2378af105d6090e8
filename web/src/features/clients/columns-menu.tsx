import { Button, Menu } from '@mantine/core'
import { type ClientColumn, clientColumns, clientList, type ListSettings } from '@ledgersync/shared/client-list'
import { useMutation } from '@tanstack/react-query'
import { Columns3 } from 'lucide-react'
import { call } from '../../api.ts'
import { query, queryClient } from '../../query.ts'
import { toastError } from '../../ui/toasts.tsx'
import { columnWords } from './list-cells.tsx'

/** The columns that show; kept for the person on every machine they sign in at. */
export function ColumnsMenu({ columns }: { columns: readonly ClientColumn[] }) {
  const key = query(clientList.settings).queryKey
  const choose = useMutation({
    mutationFn: (next: ClientColumn[] | null) => call(clientList.setColumns, { body: { columns: next } }),
    onMutate: (next) => {
      // Shown at once; the answer, or the refusal, has the last word
      if (next !== null) queryClient.setQueryData(key, (before: ListSettings | undefined) => before && { ...before, columns: next })
    },
    onSuccess: (saved) => void queryClient.setQueryData(key, saved),
    onError: (error) => {
      toastError(error, 'Your columns were not saved')
      void queryClient.invalidateQueries({ queryKey: key })
    },
  })
  const toggle = (column: ClientColumn) =>
    choose.mutate(clientColumns.filter((one) => (one === column ? !columns.includes(one) : columns.includes(one))))
  return (
    // The first box takes the focus: the placeholder that would is no part a menu may have
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <Button size="sm" leftSection={<Columns3 size={14} aria-hidden />}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {clientColumns.map((column) => (
          <Menu.CheckboxItem key={column} checked={columns.includes(column)} onChange={() => toggle(column)}>
            {columnWords[column]}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => choose.mutate(null)}>Usual columns</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

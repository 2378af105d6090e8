import { Button } from '@mantine/core'
import { uploads } from '@ledgersync/shared/uploads'
import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { call } from '../../api.ts'
import { toastError } from '../../ui/toasts.tsx'
import { saveFile } from './files.ts'

/** Saves the rows that cannot be taken, with what is wrong with each. */
export function BadRowsButton({ uploadId }: { uploadId: string }) {
  const fetchFile = useMutation({
    mutationFn: () => call(uploads.badRows, { params: { uploadId } }),
    onSuccess: saveFile,
    onError: (error) => toastError(error, 'The rows were not downloaded'),
  })
  return (
    <Button leftSection={<Download size={14} aria-hidden />} loading={fetchFile.isPending} onClick={() => fetchFile.mutate()}>
      Download these rows
    </Button>
  )
}

import { Switch } from '@mantine/core'
import { firms } from '@ledgersync/shared/firms'
import { staff } from '@ledgersync/shared/team'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toast, toastError } from '../../ui/toasts.tsx'

/** The switch that shows every client to every employee. What each was assigned stays and counts again when it is off. */
export function AssignAll({ on }: { on: boolean }) {
  const change = useMutation({
    mutationFn: (assignAll: boolean) => call(firms.update, { body: { assignAll } }),
    onSuccess: async ({ assignAll }) => {
      toast({
        title: assignAll ? 'Every employee sees every client now' : 'Employees see the clients assigned to them now',
        action: { label: 'Undo', run: () => change.mutate(!assignAll) },
      })
      await invalidate([staff.team, firms.get])
    },
    onError: (error) => toastError(error, 'The assignments were not changed'),
  })
  return (
    <Switch
      label="Assign every client to every employee"
      description="Clients added later too. Switch it off and each employee sees their own clients again."
      checked={change.isPending ? change.variables : on}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  )
}

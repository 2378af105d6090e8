import { isSameUse, type Template, templates, type TemplateUse } from '@ledgersync/shared/templates'
import { useMutation } from '@tanstack/react-query'
import { call } from '../../api.ts'
import { invalidate } from '../../query.ts'
import { toast, toastError } from '../../ui/toasts.tsx'
import { kindWords, shippedName, wayWords } from './words.ts'

const again = () => invalidate([templates.list])

interface Pick {
  use: TemplateUse
  next: { id: string | null; name: string }
  /** What was in use until then, for Undo. */
  before: { id: string | null; name: string }
}

/** What is done to whole templates. Each can be taken back, so each is done at once. */
export function useTemplateActions() {
  const pick = useMutation({
    mutationFn: ({ use: { kind, channel, language }, next }: Pick) =>
      call(templates.pick, { body: { kind, channel, language, templateId: next.id } }),
    onSuccess: async (_done, { use, next, before }) => {
      toast({
        title: `${next.name} is in use`,
        detail: `${kindWords[use.kind]}, ${wayWords(use)}: messages from now on. What is on its way stays as it is.`,
        action: { label: 'Undo', run: () => pick.mutate({ use, next: before, before: next }) },
      })
      await again()
    },
    onError: (error, { next }) => toastError(error, `${next.name} was not picked`),
  })
  const archive = useMutation({
    mutationFn: ({ id }: Template) => call(templates.archive, { params: { templateId: id } }),
    onSuccess: async (archived) => {
      toast({ title: `${archived.name} archived`, action: { label: 'Undo', run: () => restore.mutate(archived) } })
      await again()
    },
    onError: (error, { name }) => toastError(error, `${name} was not archived`),
  })
  const restore = useMutation({
    mutationFn: ({ id }: Template) => call(templates.restore, { params: { templateId: id } }),
    onSuccess: async ({ name }) => {
      toast({ title: `${name} is back` })
      await again()
    },
    onError: (error, { name }) => toastError(error, `${name} was not brought back`),
  })
  return { pick, archive, restore }
}

export type TemplateActions = ReturnType<typeof useTemplateActions>

/** What is in use for the same messages now. */
export function currentOf(items: readonly Template[], use: TemplateUse): Pick['before'] {
  const own = items.find((one) => one.inUse && isSameUse(one, use))
  return { id: own?.id ?? null, name: own?.name ?? shippedName }
}

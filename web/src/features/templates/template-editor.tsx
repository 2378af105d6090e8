import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { type Template, templateBodyMax, templateNameMax, templates, templateTitleMax } from '@ledgersync/shared/templates'
import { useMutation } from '@tanstack/react-query'
import { useBlocker, useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { ApiError, call } from '../../api.ts'
import { paths } from '../../paths.ts'
import { invalidate } from '../../query.ts'
import { chordOf } from '../../ui/chord.ts'
import { confirm } from '../../ui/confirm.tsx'
import { type Form, useForm } from '../../ui/form.ts'
import { Kbd } from '../../ui/kbd.tsx'
import { ErrorState, Notice } from '../../ui/states.tsx'
import { formatDateTime } from '../../ui/time.ts'
import { toast } from '../../ui/toasts.tsx'
import { PlaceholderBar } from './placeholder-bar.tsx'
import { TemplatePreview } from './template-preview.tsx'
import { textOf, type TemplateValues, validateTemplate } from './template-values.ts'
import { TestButton } from './test-button.tsx'
import { useInsert } from './use-insert.ts'
import { channelOptions, kindOptions, languageOptions } from './words.ts'
import styles from './templates.module.css'

const formId = 'template-form'

interface TemplateEditorProps {
  /** Null makes a new one. */
  template: Template | null
  start: TemplateValues
}

/** Words of the firm's own: the form at the left, what a client reads at the right. What was typed stays when it is refused. */
export function TemplateEditor({ template, start }: TemplateEditorProps) {
  const form = useForm<TemplateValues>(start, validateTemplate)
  const [base, setBase] = useState(template)
  const { save, leave } = useSave(form, base, setBase)
  const submit = () => {
    if (form.check() && !save.isPending) save.mutate()
  }
  const isComplete = Object.keys(validateTemplate({ ...form.values, name: 'any' })).length === 0
  const draft = isComplete ? textOf(form.values) : null
  const onField = Object.keys(form.errors).length > 0
  return (
    <div className={styles.editor}>
      <form
        id={formId}
        className={styles.form}
        noValidate
        aria-label="Template"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        onKeyDown={(event) => {
          if (chordOf(event) !== 'Ctrl+Enter') return
          event.preventDefault()
          submit()
        }}
      >
        <div className={styles.fields}>
          {save.error && !onField && <ErrorState error={save.error} title="The template was not saved" />}
          {template !== null && base !== null && template.version > base.version && (
            <Newer
              template={template}
              form={form}
              onChosen={() => {
                setBase(template)
                save.reset()
              }}
            />
          )}
          {template === null && <UseFields form={form} />}
          <TextInput
            label="Name"
            description="For you and your colleagues. Clients do not see it."
            maxLength={templateNameMax}
            autoComplete="off"
            {...form.text('name')}
          />
          <WordsFields form={form} />
        </div>
      </form>
      <aside className={styles.side}>
        <TemplatePreview draft={draft} channel={form.values.channel} language={form.values.language} />
      </aside>
      <footer className={styles.footer}>
        <Button variant="subtle" className={styles.back ?? ''} onClick={leave}>
          {template === null ? 'Cancel' : 'Back to templates'}
        </Button>
        <div className={styles.footerEnd}>
          <TestButton draft={draft} />
          <Button type="submit" form={formId} variant="filled" loading={save.isPending}>
            {template === null ? 'Add template' : 'Save template'}&nbsp;&nbsp;
            <Kbd keys="Ctrl Enter" plain />
          </Button>
        </div>
      </footer>
    </div>
  )
}

/** Saves the form; a change that is not saved is asked about before the page is left. */
function useSave(form: Form<TemplateValues>, base: Template | null, setBase: (saved: Template) => void) {
  const navigate = useNavigate()
  const isDone = useRef(false)
  const save = useMutation({
    mutationFn: () => {
      const { name, kind, channel, language } = form.values
      const { title, body } = textOf(form.values)
      const words = { name: name.trim(), title, body }
      return base === null
        ? call(templates.create, { body: { kind, channel, language, ...words } })
        : call(templates.update, { params: { templateId: base.id }, body: { ...words, version: base.version } })
    },
    onSuccess: async (saved) => {
      const { kind, channel, language, name, title, body } = saved
      form.reset({ kind, channel, language, name, title: title ?? '', body })
      setBase(saved)
      toast({
        title: base === null ? `${name} added` : `${name} saved`,
        detail: saved.inUse ? 'New messages have these words.' : 'It is used once you pick it.',
      })
      await invalidate([templates.list])
      if (base !== null) return
      isDone.current = true
      await navigate({ to: paths.template, params: { templateId: saved.id }, replace: true })
    },
    onError: async (error) => {
      if (!form.refuse(error) && error instanceof ApiError && error.code === 'name_taken') form.fail('name', error.message)
      // Whoever was first: their words are shown beside the choice
      if (error instanceof ApiError && error.code === 'stale_version') await invalidate([templates.list])
    },
  })
  useBlocker({
    shouldBlockFn: async ({ current, next }) =>
      current.pathname !== next.pathname && form.dirty && !isDone.current && !(await askToLeave()),
    enableBeforeUnload: () => form.dirty && !isDone.current,
  })
  return { save, leave: () => void navigate({ to: paths.templates }) }
}

function askToLeave(): Promise<boolean> {
  return confirm({
    title: 'Leave without saving?',
    body: 'What you wrote in this template is not saved yet.',
    confirm: 'Leave page',
    keep: 'Keep editing',
  })
}

/** Somebody else has saved this template since it was opened here. */
function Newer({ template, form, onChosen }: { template: Template; form: Form<TemplateValues>; onChosen: () => void }) {
  const { kind, channel, language, name, title, body, changedBy, changedAt } = template
  const takeTheirs = () => {
    form.reset({ kind, channel, language, name, title: title ?? '', body })
    onChosen()
  }
  return (
    <Notice
      tone="warn"
      title={`${changedBy} changed this template meanwhile`}
      action={
        <div className={styles.choices}>
          <Button size="sm" onClick={takeTheirs}>
            Show theirs
          </Button>
          <Button size="sm" onClick={onChosen}>
            Keep mine
          </Button>
        </div>
      }
    >
      Saved {formatDateTime(changedAt)}. “Keep mine” lets you save your words in place of theirs.
    </Notice>
  )
}

/** What a new template is for. It stays so. */
function UseFields({ form }: { form: Form<TemplateValues> }) {
  const { kind, channel, language } = form.values
  return (
    <div className={styles.uses}>
      <Select
        label="For"
        data={kindOptions}
        value={kind}
        onChange={(value) => {
          const chosen = kindOptions.find((one) => one.value === value)
          if (chosen !== undefined) form.set({ kind: chosen.value })
        }}
      />
      <Select
        label="Channel"
        data={channelOptions}
        value={channel}
        onChange={(value) => {
          const chosen = channelOptions.find((one) => one.value === value)
          if (chosen !== undefined) form.set({ channel: chosen.value })
        }}
      />
      <Select
        label="Language"
        data={languageOptions}
        value={language}
        onChange={(value) => {
          const chosen = languageOptions.find((one) => one.value === value)
          if (chosen !== undefined) form.set({ language: chosen.value })
        }}
      />
    </div>
  )
}

/** Subject and text, and the buttons that put placeholders where the cursor is. */
function WordsFields({ form }: { form: Form<TemplateValues> }) {
  const { title, body, channel } = form.values
  const [inTitle, setInTitle] = useState(false)
  const { title: titleRef, body: bodyRef, insert, focused } = useInsert({ title, body }, form.set)
  const max = templateBodyMax[channel]
  const linkReason = inTitle ? 'A subject cannot be tapped: the link belongs into the text.' : 'The link is in the text already.'
  return (
    <>
      {channel === 'email' && (
        <TextInput
          ref={titleRef}
          label="Subject"
          maxLength={templateTitleMax}
          autoComplete="off"
          {...form.text('title')}
          onFocus={() => {
            focused('title').onFocus()
            setInTitle(true)
          }}
        />
      )}
      <div className={styles.words}>
        <Textarea
          ref={bodyRef}
          label="Text"
          autosize
          minRows={channel === 'sms' ? 5 : 12}
          maxRows={24}
          maxLength={max + 500}
          description={`${body.length.toLocaleString('en-US')} of ${max.toLocaleString('en-US')} characters. ${channel === 'sms' ? '“Reply STOP to opt out” is added unless you say it.' : 'An empty line parts paragraphs; the link alone in one becomes a button.'}`}
          {...form.text('body')}
          onFocus={() => {
            focused('body').onFocus()
            setInTitle(false)
          }}
        />
        <PlaceholderBar
          unavailable={(name) => (name === 'bank_link' && (inTitle || /\{\{\s*bank_link\s*\}\}/u.test(body)) ? linkReason : null)}
          onInsert={insert}
        />
      </div>
    </>
  )
}

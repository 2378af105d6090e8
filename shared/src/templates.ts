import { type Static, Type } from 'typebox'
import { Empty, Id, Instant, Language, Line, Nullable, OptionalLine, Paragraph } from './common.ts'
import { endpoint } from './endpoint.ts'

/** At most so many templates of its own in a firm, archived ones included: they are listed whole. */
export const templatesMax = 300
export const templateNameMax = 60
export const templateTitleMax = 120
/** Characters as written: a text has to stay a text once the names stand in it. */
export const templateBodyMax = { sms: 480, email: 4000 } as const
/** Tests that one person may send to themselves within a day. */
export const testsPerDayMax = 20

export const TemplateKind = Type.Enum(['invitation', 'reconnect', 'reminder'], {
  description: 'invitation: asks for banks; reconnect: a bank wants a new sign-in; reminder: of either, on the third day',
})
export type TemplateKind = Static<typeof TemplateKind>
export const TemplateChannel = Type.Enum(['sms', 'email'], { description: 'Text message or e-mail' })
export type TemplateChannel = Static<typeof TemplateChannel>

/** What a template is for. For each there is one text that is used unless another is picked. */
const use = { kind: TemplateKind, channel: TemplateChannel, language: Language }
export const TemplateUse = Type.Object(use, { additionalProperties: false })
export type TemplateUse = Static<typeof TemplateUse>

/** Whether both are for the same kind of message, channel and language. */
export const isSameUse = (one: TemplateUse, other: TemplateUse): boolean =>
  one.kind === other.kind && one.channel === other.channel && one.language === other.language

const text = {
  title: Nullable(Type.String({ description: 'Subject of the e-mail, with placeholders; null for a text message' })),
  body: Type.String({ description: 'The text, with placeholders; an empty line parts the paragraphs of an e-mail' }),
}
export interface TemplateText extends TemplateUse {
  title: string | null
  body: string
}

const inUse = Type.Boolean({ description: 'Whether messages of this kind, channel and language are written with it' })

export const Template = Type.Object({
  id: Id('The template'),
  ...use,
  name: Type.String({ description: 'Name for staff, unique among those for the same use' }),
  ...text,
  inUse,
  version: Type.Integer({ description: 'Goes up with each change; send it back to change this version' }),
  changedAt: Instant('Last change'),
  changedBy: Type.String({ description: 'Who made it' }),
  archivedAt: Nullable(Instant('When it was put away; null while it can be used')),
})
export type Template = Static<typeof Template>

export const ShippedTemplate = Type.Object({ ...use, ...text, inUse })
export type ShippedTemplate = Static<typeof ShippedTemplate>

const titleInput = Nullable(OptionalLine('Subject of the e-mail, with placeholders; null for a text message', templateTitleMax))
const bodyInput = Paragraph(
  'The text. `{{bank_link}}` stands in it once; `{{client_name}}`, `{{contact_name}}`, `{{firm_name}}`, `{{staff_name}}`, `{{bank_names}}` and `{{bank_request}}` where wanted',
  templateBodyMax.email,
)
const name = Line('Name for staff, unique among those for the same use', templateNameMax)

const draft = { ...use, title: titleInput, body: bodyInput }
const TemplateDraft = Type.Object(draft, { additionalProperties: false })
const PreviewRequest = Type.Object(
  { ...draft, clientId: Type.Optional(Id('Whose names and banks stand in it; else invented ones')) },
  { additionalProperties: false },
)
export type PreviewRequest = Static<typeof PreviewRequest>

export const TemplateCreate = Type.Object({ ...draft, name }, { additionalProperties: false })
export type TemplateCreate = Static<typeof TemplateCreate>

export const TemplateUpdate = Type.Object(
  {
    name,
    title: titleInput,
    body: bodyInput,
    version: Type.Integer({ description: 'The version that was edited', minimum: 1, maximum: 2_147_483_647 }),
  },
  { additionalProperties: false },
)
export type TemplateUpdate = Static<typeof TemplateUpdate>

/** How long a text is as it goes out, its link included. */
export const TextLength = Type.Object({
  encoding: Type.Enum(['GSM-7', 'UCS-2'], { description: 'Alphabet the text needs' }),
  units: Type.Integer({ description: 'Septets for GSM-7, 16-bit units for UCS-2' }),
  segments: Type.Integer({ description: 'Segments it is sent and paid as' }),
  unitsLeft: Type.Integer({ description: 'Units that still fit into the last segment' }),
  culprit: Nullable(Type.String({ description: 'The first character that needs UCS-2; null for none' })),
})

export const TemplatePreview = Type.Object({
  subject: Nullable(Type.String({ description: 'Subject of the e-mail; null for a text message' })),
  body: Type.String({ description: 'The text as it goes out; `[link]` stands where the address goes' }),
  length: Nullable(TextLength, { description: 'Of a text message; null for an e-mail' }),
  warnings: Type.Array(Type.String({ description: 'A sentence' }), { description: 'What to think about before it is used' }),
})
export type TemplatePreview = Static<typeof TemplatePreview>

const TemplateParams = Type.Object({ templateId: Id('The template') })
const tag = 'Templates'

export const templates = {
  list: endpoint({
    id: 'listTemplates',
    method: 'GET',
    url: '/templates',
    access: 'staff',
    tag,
    summary: 'List message templates',
    description: "The firm's own templates by name, archived ones included, and those that come with the product.",
    schema: {
      response: {
        200: Type.Object({
          items: Type.Array(Template, { description: "The firm's own, by name" }),
          shipped: Type.Array(ShippedTemplate, { description: 'One for each kind, channel and language; nobody can change them' }),
        }),
      },
    },
  }),
  create: endpoint({
    id: 'createTemplate',
    method: 'POST',
    url: '/templates',
    access: 'administrator',
    tag,
    summary: 'Add a message template',
    description:
      'It is used once it is picked. `{{bank_link}}` is mandatory in the body, once. A name that another template for the same use has is refused as `name_taken`.',
    schema: { body: TemplateCreate, response: { 201: Template } },
  }),
  update: endpoint({
    id: 'updateTemplate',
    method: 'PATCH',
    url: '/templates/:templateId',
    access: 'administrator',
    tag,
    summary: 'Change a message template',
    description:
      'Messages written from now on have the new words. When somebody has changed it since `version`, it is refused as `stale_version` and nothing is lost.',
    schema: { params: TemplateParams, body: TemplateUpdate, response: { 200: Template } },
  }),
  archive: endpoint({
    id: 'archiveTemplate',
    method: 'POST',
    url: '/templates/:templateId/archive',
    access: 'administrator',
    tag,
    summary: 'Put a message template away',
    description: 'It can be brought back. One that is in use is refused as `conflict`: pick another first.',
    schema: { params: TemplateParams, response: { 200: Template } },
  }),
  restore: endpoint({
    id: 'restoreTemplate',
    method: 'POST',
    url: '/templates/:templateId/restore',
    access: 'administrator',
    tag,
    summary: 'Bring a message template back',
    description: 'It is used once it is picked again.',
    schema: { params: TemplateParams, response: { 200: Template } },
  }),
  pick: endpoint({
    id: 'pickTemplate',
    method: 'PUT',
    url: '/templates/in-use',
    access: 'administrator',
    tag,
    summary: 'Pick the template in use',
    description:
      'What messages of this kind, channel and language are written with from now on. Null goes back to the one that comes with the product.',
    schema: {
      body: Type.Object(
        { ...use, templateId: Nullable(Id('The template; null: the one that comes with the product')) },
        { additionalProperties: false },
      ),
      response: { 204: Empty },
    },
  }),
  preview: endpoint({
    id: 'previewTemplate',
    method: 'POST',
    url: '/templates/preview',
    access: 'staff',
    tag,
    summary: 'Preview a message template',
    description: 'What a client would read, and how long the text is. Nothing is stored or sent.',
    schema: { body: PreviewRequest, response: { 200: TemplatePreview } },
  }),
  test: endpoint({
    id: 'testTemplate',
    method: 'POST',
    url: '/templates/test',
    access: 'staff',
    tag,
    summary: 'Send a template to oneself',
    description: `Sends it to the verified e-mail or cell phone of the caller, with invented names and banks and a link that opens nothing. ${testsPerDayMax} a day.`,
    schema: { body: TemplateDraft, response: { 200: Type.Object({ to: Type.String({ description: 'Where it goes' }) }) } },
  }),
}

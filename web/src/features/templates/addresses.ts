import { shippedTemplates } from '@ledgersync/shared/template-defaults'
import type { TemplateText, TemplateUse } from '@ledgersync/shared/templates'

/** What stands in the address for the template of this use that comes with the product. */
export const shippedKey = ({ kind, channel, language }: TemplateUse): string => `${kind}-${channel}-${language}`

export const shippedByKey = (key: string | undefined): TemplateText | undefined => shippedTemplates.find((one) => shippedKey(one) === key)

/** The address of the editor that makes a new template: for what, and whose words it begins with. */
export const newKey = 'new'

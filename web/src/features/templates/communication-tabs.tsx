import { paths } from '../../paths.ts'
import { PageTabs } from '../../ui/page.tsx'

/** The parts of the Communication Center. */
export function CommunicationTabs() {
  return <PageTabs label="Communication Center" tabs={[{ to: paths.templates, label: 'Templates', current: true }]} />
}

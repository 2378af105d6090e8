import { describeScreens } from './screens.ts'

describeScreens('desk')

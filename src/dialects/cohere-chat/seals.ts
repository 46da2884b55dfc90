import type { Sealed } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/** What a thought is sealed with that Cohere told as its plan for the use of tools, so that it goes back as one. */
export const planMark = 'tool_plan'

export const planSeal = (maker: string): Sealed => ({ dialect: dialectId, maker, value: planMark })

/** An answer of Gemini's in chunks: each a whole answer in itself, with the usage so far. */

import type { Pen } from '../recite.ts'
import type { Kind, Note } from '../steps.ts'
import { allOf, besides, finishOf, type Letter, partOf, sealPart } from './parts.ts'

export function contentPen(letter: Letter): Pen {
  const { desk, script } = letter
  const so = { candidates: 0, thoughts: 0 }
  const chunk = (kind: Kind, index: number, parts: readonly object[], more = {}, said = { ...so }): Note => ({
    kind,
    data: JSON.stringify({
      candidates: [{ content: { parts, role: 'model' }, ...more, index }],
      ...besides(letter, said),
    }),
  })
  return {
    open: () => [],
    begin: () => [],
    piece({ block, answer }, token) {
      if (block.type === 'secret' || block.type === 'call') return []
      so[block.type === 'thinking' ? 'thoughts' : 'candidates']++
      const thought = block.type === 'thinking' ? { thought: true } : {}
      return [chunk('token', answer, [{ text: token, ...thought }])]
    },
    /** A call comes whole. */
    end(placed) {
      const part = placed.block.type === 'call' ? partOf(placed, desk) : undefined
      return part === undefined ? [] : [chunk('argument', placed.answer, [part])]
    },
    finish(answer, nth) {
      if (desk.behaving['no-done'] !== undefined) return []
      const parts = sealPart(answer)
      const rest = parts.length === 0 ? [{ text: '' }] : parts
      return [chunk('usage', nth, rest, finishOf(desk, answer), allOf(script.usage))]
    },
    close: () => [],
  }
}

import { describe, expect, test } from 'bun:test'
import type { Chat } from '../model/chat.ts'
import { withFittingNames } from './tool-names.ts'

const most = 12

const chatWith = (names: readonly string[], more: Partial<Chat> = {}): Chat => ({
  messages: [],
  tools: names.map(name => ({ type: 'function', name })),
  extras: { dialect: 'gemini-generate', fields: {} },
  ...more,
})

describe('names of tools', () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['that the wire takes are kept', ['get_it', 'Get-1', 'twelve_chars'], ['get_it', 'Get-1', 'twelve_chars']],
    ['lose the letters that it does not take', ['ns.f', 'a b:c'], ['ns_f', 'a_b_c']],
    ['are cut where they are too long', ['thirteen_char'], ['thirteen_cha']],
    ['never become the name of another', ['ns.f', 'ns/f', 'ns_f'], ['ns_f_2', 'ns_f_3', 'ns_f']],
    ['nor do long ones', ['thirteen_charA', 'thirteen_charB'], ['thirteen_cha', 'thir_2']],
    ['of no letter at all are names nevertheless', ['é', '.'], ['_', '__2']],
  ]
  test.each([...rows])('%s', (_, said, told) => {
    const { chat, names } = withFittingNames(chatWith(said), { most })
    const wires = chat.tools.map(tool => (tool.type === 'hosted' ? '' : tool.name))
    expect(wires).toEqual([...told])
    expect(wires.map(wire => names?.get(wire) ?? wire)).toEqual([...said])
  })

  test('that all fit leave the chat as it is', () => {
    const chat = chatWith(['f'])
    expect(withFittingNames(chat, { most })).toEqual({ chat })
  })

  test('change wherever they stand, also those of tools that are offered no more', () => {
    const chat = chatWith(['ns.f'], {
      toolChoice: { type: 'only', names: ['ns.f'], required: true },
      messages: [
        { role: 'assistant', parts: [{ type: 'tool-call', id: 'a', name: 'ns.f', input: '{}' }] },
        { role: 'user', parts: [{ type: 'tool-result', call: 'a', name: 'ns.f', parts: [] }] },
        { role: 'assistant', parts: [{ type: 'tool-call', id: 'b', name: 'ns.old', input: '{}' }] },
      ],
    })
    const told = withFittingNames(chat, { most })
    expect(JSON.stringify(told.chat).match(/ns[._]\w+/g)).toEqual(['ns_f', 'ns_f', 'ns_old', 'ns_f', 'ns_f'])
    expect([...(told.names ?? [])]).toEqual([
      ['ns_f', 'ns.f'],
      ['ns_old', 'ns.old'],
    ])
    const one = withFittingNames(chatWith(['ns.f'], { toolChoice: { type: 'tool', name: 'ns.f' } }), { most })
    expect(one.chat.toolChoice).toEqual({ type: 'tool', name: 'ns_f' })
  })
})

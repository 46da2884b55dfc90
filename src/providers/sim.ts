import { bearer, type Provider } from './provider.ts'

/**
 * The provider that needs no key. Its address is not known before it is started, so this row has none; what its models
 * do on demand may also be asked for by header.
 */
export const sim: Provider = {
  id: 'sim',
  name: 'Simulator',
  dialect: 'openai-chat',
  baseUrl: '',
  keyFrom: [],
  auth: bearer,
  also: [
    { dialect: 'openai-responses', baseUrl: '.' },
    { dialect: 'anthropic-messages', baseUrl: '.' },
    { dialect: 'gemini-generate', baseUrl: '../v1beta' },
  ],
  passes: ['x-sim', 'x-sim-session'],
  docs: 'docs/sim.md',
}

/** Behind it a model's name goes on with wishes of its own (`echo+slow=200`). */
export const simSuffix = '+'

export const simModels: readonly string[] = ['echo', 'lorem', 'tools', 'slow', 'flaky', 'embed']

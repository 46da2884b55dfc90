import { bearer, type Provider } from './provider.ts'

export const fireworks: Provider = {
  id: 'fireworks',
  name: 'Fireworks AI',
  dialect: 'openai-chat',
  baseUrl: 'https://api.fireworks.ai/inference/v1',
  keyFrom: ['FIREWORKS_API_KEY'],
  auth: bearer,
  serves: ['accounts/fireworks/'],
  quirks: { maxTokensField: 'max_tokens', thoughtsIn: 'reasoning_content' },
  docs: 'https://docs.fireworks.ai/tools-sdks/openai-compatibility',
}

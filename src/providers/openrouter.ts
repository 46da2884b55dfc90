import { bearer, type Provider } from './provider.ts'

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  dialect: 'openai-chat',
  baseUrl: 'https://openrouter.ai/api/v1',
  keyFrom: ['OPENROUTER_API_KEY'],
  auth: bearer,
  also: [
    { dialect: 'openai-responses', baseUrl: '.' },
    { dialect: 'anthropic-messages', baseUrl: '.' },
  ],
  quirks: { routesItself: true },
  docs: 'https://openrouter.ai/docs/api-reference/overview',
}

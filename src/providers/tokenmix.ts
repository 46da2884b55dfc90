import { bearer, type Provider } from './provider.ts'

export const tokenmix: Provider = {
  id: 'tokenmix',
  name: 'TokenMix',
  dialect: 'openai-chat',
  baseUrl: 'https://api.tokenmix.ai/v1',
  keyFrom: ['TOKENMIX_API_KEY'],
  auth: bearer,
  docs: 'https://tokenmix.ai/docs',
}

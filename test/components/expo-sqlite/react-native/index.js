// What expo-sqlite and expo-modules-core ask of `react-native` on the web.
export const Platform = {OS: 'web', select: (choices) => choices.web ?? choices.default};
export class NativeEventEmitter {}
export const TurboModuleRegistry = {get: () => null};

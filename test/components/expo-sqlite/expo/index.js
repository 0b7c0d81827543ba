// What expo-sqlite calls of `expo`, which passes it on from here.
export {NativeModule, registerWebModule, requireNativeModule} from 'expo-modules-core';

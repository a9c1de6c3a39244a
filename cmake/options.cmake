# What every target is built with: C++20, the include root, warnings, sanitizers.
add_library(whohungup_options INTERFACE)
add_library(whohungup::options ALIAS whohungup_options)
target_compile_features(whohungup_options INTERFACE cxx_std_20)
target_include_directories(whohungup_options INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(WHOHUNGUP_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(WHOHUNGUP_FUZZ "Build the libFuzzer targets (clang only)" OFF)

target_compile_options(whohungup_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wuseless-cast>
  # GCC 12 sees overlapping copies in "literal" + std::string (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# Nobody puts functions of his own in place of ours when the program is loaded.
target_compile_options(whohungup_options INTERFACE -fno-semantic-interposition -fno-plt)
target_compile_definitions(whohungup_options INTERFACE
  WHOHUNGUP_VERSION="${PROJECT_VERSION}" $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)

if(WHOHUNGUP_SANITIZE)
  target_compile_options(whohungup_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(whohungup_options INTERFACE -fsanitize=address,undefined)
endif()
if(WHOHUNGUP_FUZZ)
  target_compile_options(whohungup_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

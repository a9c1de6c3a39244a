// Memory in large pages, for commands that keep many flows.
#pragma once

namespace whohungup {

/// Has the heap's next 64 MB in pages of 2 MB, where the system lets programs ask for them. Flows
/// are looked at seconds after they were written, from all over the heap: with small pages the
/// processor then waits for the address of nearly each of them. Takes no memory that is not used,
/// but for the rest of one page. To be called once, before there are threads.
void use_large_pages();

}  // namespace whohungup

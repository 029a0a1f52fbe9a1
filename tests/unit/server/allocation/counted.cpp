#include "unit/server/allocation/counted.hpp"

#include <cstdlib>
#include <new>

namespace {

using eventsd::server_test::Allocations;

void* counted(std::size_t size) {
  if (Allocations::counting && ++Allocations::count == Allocations::fails_at) {
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

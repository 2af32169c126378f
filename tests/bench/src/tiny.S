# The shortest program there is: exit(0), for x86-64. The hardest case for whoever wants to see each exec.
.globl _start
_start:
	mov $60, %eax
	xor %edi, %edi
	syscall
